//! tokio-console's side of the service. Needs `--cfg tokio_unstable`, which `cargo lab console` sets.

use std::net::{SocketAddr, TcpListener};

use anyhow::{Context, Result, bail};

use lab_results::Record;

use super::Watch;

/// Where tokio-console looks for a service by default.
const DEFAULT_ADDRESS: &str = "127.0.0.1:6669";
/// tokio-console's own variable for another address.
const ADDRESS: &str = "TOKIO_CONSOLE_BIND";

/// Lets tokio-console look into this process, if it is one that people look at.
pub(super) fn listen() -> Result<()> {
    if Watch::asked()? != Watch::Polls {
        return Ok(());
    }
    let address = address()?;
    // The subscriber would panic in a thread of its own, where nobody looks.
    TcpListener::bind(address).with_context(|| {
        format!("tokio-console's port {} is taken; choose another with {ADDRESS}=127.0.0.1:PORT", address.port())
    })?;
    console_subscriber::ConsoleLayer::builder().with_default_env().server_addr(address).init();
    Ok(())
}

/// What people type to look.
pub(super) fn invitation() -> Result<Record> {
    let address = address()?;
    let text =
        format!("The service is open to tokio-console now; in a second terminal: tokio-console http://{address}");
    Ok(Record::Note { text })
}

fn address() -> Result<SocketAddr> {
    let address = std::env::var(ADDRESS).unwrap_or_else(|_| DEFAULT_ADDRESS.into());
    let address: SocketAddr = address
        .parse()
        .with_context(|| format!("{ADDRESS} is `{address}`, not an address such as {DEFAULT_ADDRESS}"))?;
    if !address.ip().is_loopback() {
        bail!("{ADDRESS} is {address}: the console is for this machine only; use {DEFAULT_ADDRESS}");
    }
    Ok(address)
}
