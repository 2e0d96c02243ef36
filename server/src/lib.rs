//! The server of Till: what stands between the network and the domain in [`shop`].
//!
//! [`application::Application`] is the whole server; the command line and the tests build the same one.
#![forbid(unsafe_code)]

pub mod application;
pub mod backup;
pub mod cli;
pub mod config;
pub mod http;
pub mod jobs;
pub mod telemetry;
