//! The server of Till: everything between the network and the domain in [`shop`].
//!
//! [`application::Application`] is the whole server, for the command line and the tests alike.
#![forbid(unsafe_code)]

pub mod application;
pub mod backup;
pub mod cli;
pub mod config;
pub mod error;
pub mod http;
pub mod jobs;
pub mod telemetry;
