//! One chassis's side of the Service Redundancy Protocol.
