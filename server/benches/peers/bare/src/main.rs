//! The least that a web server of axum does: the bytes of one file at every address, as a page.
//! `scripts/bench-pages` compares Till with it.
//!
//!     bare FILE PORT

use std::error::Error;
use std::net::Ipv4Addr;

use axum::Router;
use axum::body::Bytes;
use axum::serve::ListenerExt;
use http::header::CONTENT_TYPE;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(port)) = (arguments.next(), arguments.next()) else {
        return Err("usage: bare FILE PORT".into());
    };
    let page = Bytes::from(std::fs::read(file)?);
    // The closure is cloned for each request, and the bytes with it, which copies none of them.
    let answer = move || async move { ([(CONTENT_TYPE, "text/html; charset=utf-8")], page) };
    let port: u16 = port.parse()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    // As Till does. If it failed, the rate would show it.
    let listener = listener.tap_io(|connection| {
        connection.set_nodelay(true).ok();
    });
    axum::serve(listener, Router::new().fallback(answer)).await?;
    Ok(())
}
