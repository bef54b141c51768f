//! What is sent.

use crate::LoadError;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Uri,
    header::{CONTENT_TYPE, HOST},
};
use std::fmt;

/// A request as HTTP sends it.
pub(crate) type WireRequest = hyper::Request<Full<Bytes>>;

/// One HTTP request, without the host it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query, starting with `/`.
    pub path: String,
    /// The body, as JSON text; sent as `application/json` where no header says otherwise.
    pub body: Option<String>,
    /// Further headers, by name and value.
    pub headers: Vec<(String, String)>,
    /// The status that counts as success; any 2xx where none is given.
    pub expect_status: Option<u16>,
}

impl Request {
    /// A GET of `path`.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: None, headers: Vec::new(), expect_status: None }
    }

    /// A POST of a JSON text to `path`.
    pub fn post(path: impl Into<String>, json: impl Into<String>) -> Self {
        Self { method: Method::POST, body: Some(json.into()), ..Self::get(path) }
    }

    /// The same request with one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same request, which only `status` answers well.
    #[must_use]
    pub fn expecting(mut self, status: u16) -> Self {
        self.expect_status = Some(status);
        self
    }

    /// Finds out whether HTTP can carry it, before anything is sent.
    ///
    /// # Errors
    /// [`LoadError::InvalidRequest`]
    pub fn check(&self) -> Result<(), LoadError> {
        self.to_wire("localhost").map(drop)
    }

    pub(crate) fn to_wire(&self, authority: &str) -> Result<WireRequest, LoadError> {
        let invalid = |reason: String| LoadError::InvalidRequest { request: self.to_string(), reason };
        if !self.path.starts_with('/') {
            return Err(invalid("its path does not start with `/`".to_owned()));
        }
        let uri: Uri = self.path.parse().map_err(|error| invalid(format!("{error}")))?;
        let mut wire = hyper::Request::builder().method(&self.method).uri(uri).header(HOST, authority);
        let says_its_type = |(name, _): &(String, String)| name.eq_ignore_ascii_case(CONTENT_TYPE.as_str());
        if self.body.is_some() && !self.headers.iter().any(says_its_type) {
            wire = wire.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in &self.headers {
            wire = wire.header(name, value);
        }
        let body = self.body.as_deref().map(|json| Bytes::copy_from_slice(json.as_bytes())).unwrap_or_default();
        wire.body(Full::new(body)).map_err(|error| invalid(error.to_string()))
    }
}

impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.method, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(request: Request) -> Result<WireRequest, LoadError> {
        request.to_wire("127.0.0.1:8080")
    }

    #[test]
    fn a_json_body_is_declared_as_such() {
        let wire = wire(Request::post("/orders?dry=1", "{}").header("x-customer", "7")).unwrap();
        assert_eq!(wire.uri(), "/orders?dry=1");
        assert_eq!(wire.headers()["host"], "127.0.0.1:8080");
        assert_eq!(wire.headers()["content-type"], "application/json");
        assert_eq!(wire.headers()["x-customer"], "7");
    }

    #[test]
    fn a_body_of_another_type_says_so_once() {
        let wire = wire(Request::post("/", "{}").header("Content-Type", "application/merge-patch+json")).unwrap();
        let types: Vec<_> = wire.headers().get_all("content-type").iter().collect();
        assert_eq!(types, ["application/merge-patch+json"]);
    }

    #[test]
    fn what_http_cannot_carry_is_refused_before_the_run() {
        for request in [
            Request::get("orders"),
            Request::get(""),
            Request::get("/a b"),
            Request::get("/").header("no colon:", "1"),
            Request::get("/").header("x", "line\nbreak"),
        ] {
            assert!(matches!(request.check(), Err(LoadError::InvalidRequest { .. })));
        }
    }
}
