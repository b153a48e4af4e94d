//! Floor 1: names to OIDs and back.
