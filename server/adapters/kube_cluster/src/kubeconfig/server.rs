//! The API server's address: `https://HOST[:PORT][/PATH]`, normalised, and nothing else.
//!
//! Host names that are numbers in disguise (`2852039166`, `0xA9FEA9FE`, `0251.0376.0251.0376`) are refused
//! here; what a name resolves to is checked again by [`crate::guard`] on the connected address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::guard;

/// Longest host with port, in characters.
const AUTHORITY_LIMIT: usize = 253;
/// Longest path, in characters.
const PATH_LIMIT: usize = 512;

/// The address in its one form: lower-case host, no default port, no trailing slash.
///
/// # Errors
/// Why it is not taken, as a clause.
pub(super) fn normalise(address: &str) -> Result<String, String> {
    if let Some(bad) = address.chars().find(|c| !c.is_ascii_graphic()) {
        return Err(format!(
            "it has the character U+{:04X}; write international names in punycode (xn--…)",
            bad as u32
        ));
    }
    let rest = strip_scheme(address).ok_or("it must begin with https://")?;
    if rest.contains(['?', '#', '\\', '%', '@']) {
        return Err("it may have a host, a port and a path only".to_owned());
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.is_empty() || authority.len() > AUTHORITY_LIMIT {
        return Err("its host is missing or longer than 253 characters".to_owned());
    }
    let (host, port) = split_port(authority)?;
    let host = normal_host(host)?;
    let port = if port == 443 {
        String::new()
    } else {
        format!(":{port}")
    };
    Ok(format!("https://{host}{port}{}", normal_path(path)?))
}

fn strip_scheme(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_at_checked(8)?;
    scheme.eq_ignore_ascii_case("https://").then_some(rest)
}

fn split_port(authority: &str) -> Result<(&str, u16), String> {
    let after_host = match authority.find(']') {
        Some(end) => end + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at(after_host);
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => 443,
        None => return Err("its host is not a name or an address".to_owned()),
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits
            .parse()
            .ok()
            .filter(|&port| port != 0)
            .ok_or("its port is not between 1 and 65535")?,
        Some(_) => return Err("its port is not a number".to_owned()),
    };
    Ok((host, port))
}

fn normal_host(host: &str) -> Result<String, String> {
    if let Some(inner) = host.strip_prefix('[') {
        let address: Ipv6Addr = inner
            .strip_suffix(']')
            .and_then(|inner| inner.parse().ok())
            .ok_or("its host is not an IPv6 address")?;
        permitted(IpAddr::V6(address))?;
        return Ok(format!("[{address}]"));
    }
    if ends_in_number(host) {
        let address: Ipv4Addr = host
            .parse()
            .map_err(|_| "its host is a number that is not a plain IPv4 address")?;
        permitted(IpAddr::V4(address))?;
        return Ok(address.to_string());
    }
    let host = host.to_ascii_lowercase();
    if !is_dns_name(&host) {
        return Err("its host is not a DNS name".to_owned());
    }
    if is_reserved(&host) {
        return Err("that name belongs to the machine or cluster this server runs in".to_owned());
    }
    Ok(host)
}

fn permitted(address: IpAddr) -> Result<(), String> {
    match guard::never(address) {
        Some(kind) => Err(format!("its address is {kind}")),
        None => Ok(()),
    }
}

/// The rule of the URL standard ("ends in a number"): such a host is an IPv4 address or nothing.
fn ends_in_number(host: &str) -> bool {
    let last = host
        .trim_end_matches('.')
        .rsplit('.')
        .next()
        .unwrap_or_default();
    let is_hexadecimal = last
        .get(..2)
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case("0x"))
        && last[2..].bytes().all(|b| b.is_ascii_hexdigit());
    is_hexadecimal || (!last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()))
}

/// Names that lead to the surroundings of this server whatever they resolve to.
fn is_reserved(host: &str) -> bool {
    const NAMES: [&str; 4] = [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "metadata.google.internal",
    ];
    NAMES.contains(&host) || host.starts_with("kubernetes.default.svc.")
}

/// Whether a name is made of DNS labels: letters, digits, `-` and `_`, 1 to 63 of them, 253 in all.
pub(super) fn is_dns_name(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        })
}

/// A path as some gateways put before the API: `/k8s/clusters/c-abc12`.
fn normal_path(path: &str) -> Result<String, String> {
    if path.len() > PATH_LIMIT {
        return Err("its path is longer than 512 characters".to_owned());
    }
    let path = path.trim_end_matches('/');
    let Some(segments) = path.strip_prefix('/') else {
        return Ok(String::new());
    };
    let is_plain = |segment: &str| {
        !segment.is_empty()
            && segment != "."
            && segment != ".."
            && segment
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~' | b':'))
    };
    if segments.split('/').all(is_plain) {
        Ok(path.to_owned())
    } else {
        Err("its path is not plain".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalises_what_is_an_address() {
        for (written, normal) in [
            ("https://Example.com:443/", "https://example.com"),
            ("HTTPS://10.0.0.1:6443", "https://10.0.0.1:6443"),
            ("https://[2001:DB8::1]:6443", "https://[2001:db8::1]:6443"),
            (
                "https://rancher.example/k8s/clusters/c-1/",
                "https://rancher.example/k8s/clusters/c-1",
            ),
            ("https://127.0.0.1:6443", "https://127.0.0.1:6443"),
            (
                "https://xn--bcher-kva.example",
                "https://xn--bcher-kva.example",
            ),
        ] {
            assert_eq!(normalise(written).as_deref(), Ok(normal));
        }
    }
    #[test]
    fn refuses_everything_else() {
        for address in [
            "",
            "notaurl",
            "https://",
            "http://example.com",
            "ftp://example.com",
            "file:///etc/passwd",
            "gopher://example.com",
            "https://user:pw@host/",
            "https://host/?x=",
            "https://host/#f",
            "https://host/..%2f",
            "https://host/a/../b",
            "https://host\t/",
            "https://host\r\nX: y",
            "https://ho\u{202E}st/",
            "https://ex\u{0430}mple.com/",
            "https://host:0",
            "https://host:65536",
            "https://host:6443x",
            "https://host\\evil",
            "https://2852039166/",
            "https://0xA9FEA9FE/",
            "https://0251.0376.0251.0376",
            "https://169.254.169.254/",
            "https://[::ffff:169.254.169.254]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://127.1/",
            "https://0.0.0.0",
            "https://[fe80::1]",
            "https://[fd00:ec2::254]",
            "https://255.255.255.255",
            "https://100.100.100.200",
            "https://metadata.google.internal",
            "https://kubernetes.default.svc",
            "https://kubernetes.default.svc.cluster.local",
            "https://a..b/",
            "https://-a.example/",
        ] {
            assert!(normalise(address).is_err(), "{address:?}");
        }
    }
}
