//! Hardware, release and timing profiles: every number that belongs to a device lives here.
