//! The command-line dialogue: when has a chassis finished answering?
