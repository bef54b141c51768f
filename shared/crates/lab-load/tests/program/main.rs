//! The program as it is typed, against real services on real sockets.
