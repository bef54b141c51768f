//! Where load goes: to this machine, unless somebody said that another one is theirs.

use std::fmt;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use hyper::Uri;

use crate::LoadError;

/// A service that may be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// All that its name has, in the order in which they are tried; one at least.
    addresses: Vec<SocketAddr>,
    /// What goes into `Host:`.
    pub(crate) authority: String,
}

impl Target {
    /// A service on this machine.
    ///
    /// # Errors
    /// [`LoadError::NotLoopback`] for any other, an IPv4 loopback address in IPv6 dress excepted.
    pub fn loopback(address: SocketAddr) -> Result<Self, LoadError> {
        if !address.ip().to_canonical().is_loopback() {
            return Err(LoadError::NotLoopback(address));
        }
        Ok(Self { addresses: vec![address], authority: address.to_string() })
    }

    /// The service at `http://HOST:PORT`; port 80 where none is given. With `is_mine` somebody has said that they own the host
    /// and may load it; otherwise it must be this machine.
    ///
    /// # Errors
    /// [`LoadError::Target`] when the text is no such address or the host's name is not known, [`LoadError::NotLoopback`].
    pub fn parse(url: &str, is_mine: bool) -> Result<Self, LoadError> {
        let invalid = |reason: &str| LoadError::Target { url: url.into(), reason: reason.into() };
        let uri: Uri = url.parse().map_err(|error| invalid(&format!("{error}")))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(invalid("TLS is not spoken here; load the service behind it, over plain HTTP"));
            }
            _ => return Err(invalid("it does not begin with http://")),
        }
        if uri.path_and_query().is_some_and(|path| path.as_str() != "/") {
            return Err(invalid("it has a path; paths belong into the scenario"));
        }
        let authority = uri.authority().ok_or_else(|| invalid("it names no host"))?;
        // Brackets belong to the text of an IPv6 address, not to the name that is looked up.
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let addresses: Vec<SocketAddr> = (host, authority.port_u16().unwrap_or(80))
            .to_socket_addrs()
            .map_err(|error| invalid(&format!("its host is not known: {error}")))?
            .collect();
        if addresses.is_empty() {
            return Err(invalid("its host has no address"));
        }
        if !is_mine {
            // Each may be the one that answers.
            addresses.iter().try_for_each(|address| Self::loopback(*address).map(drop))?;
        }
        Ok(Self { addresses, authority: authority.to_string() })
    }

    /// The same service at the first of its addresses that accepts a connection, with so much patience for each: `localhost` may be
    /// `[::1]` before it is 127.0.0.1, and a service listens at one of them.
    ///
    /// # Errors
    /// [`LoadError::NobodyThere`] names all addresses that were tried.
    pub fn reached(self, patience: Duration) -> Result<Self, LoadError> {
        let mut tried = Vec::new();
        for address in &self.addresses {
            match TcpStream::connect_timeout(address, patience) {
                Ok(_) => return Ok(Self { addresses: vec![*address], ..self }),
                Err(error) => tried.push(format!("{address} ({error})")),
            }
        }
        Err(LoadError::NobodyThere { target: self.to_string(), tried: tried.join(", ") })
    }

    /// Its address: the first one, where it was not [reached](Self::reached) yet.
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "http://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    use super::*;

    #[test]
    fn this_machine_by_any_name() {
        for url in ["http://127.0.0.1:8080", "http://127.8.9.1:8080/", "http://localhost:8080", "http://[::1]:8080"] {
            let target = Target::parse(url, false).unwrap();
            assert_eq!(target.address().port(), 8080);
            assert_eq!(target.to_string(), url.trim_end_matches('/'));
        }
        let dressed = "[::ffff:127.0.0.1]:80".parse().unwrap();
        assert!(Target::loopback(dressed).is_ok());
    }

    #[test]
    fn every_address_of_a_name_is_tried_in_turn() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (here, patience) = (listener.local_addr().unwrap(), Duration::from_secs(60));
        let nobody = SocketAddr::from((Ipv6Addr::LOCALHOST, here.port()));
        let localhost = || Target { addresses: vec![nobody, here], authority: format!("localhost:{}", here.port()) };
        let reached = localhost().reached(patience).unwrap();
        assert_eq!((reached.address(), reached.to_string()), (here, format!("http://localhost:{}", here.port())));
        drop(listener);
        let message = localhost().reached(patience).unwrap_err().to_string();
        assert!(message.contains(&nobody.to_string()) && message.contains(&here.to_string()), "{message}");
    }

    #[test]
    fn another_machine_only_with_its_owners_word() {
        for url in ["http://192.0.2.1:80", "http://0.0.0.0:80", "http://[2001:db8::1]"] {
            assert!(matches!(Target::parse(url, false), Err(LoadError::NotLoopback(_))), "{url}");
            // Nothing is sent: documentation addresses (RFC 5737, RFC 3849) belong to nobody.
            assert!(Target::parse(url, true).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (url, why) in [
            ("127.0.0.1:8080", "http://"),
            ("https://127.0.0.1", "TLS"),
            ("http://127.0.0.1:8080/orders", "path"),
            ("http://", "is not"),
            ("", "is not"),
        ] {
            let message = Target::parse(url, true).unwrap_err().to_string();
            assert!(message.contains(why), "{url}: {message}");
        }
    }
}
