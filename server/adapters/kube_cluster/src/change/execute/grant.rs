//! Leave for one write: what an approved change takes along beneath the client.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use http::Method;

/// Lets exactly one request out: this method on this path, which names version, group, namespace, resource, name and
/// subresource.
///
/// Carried as an extension of the request and taken by [`crate::policy`]. Only the module that carries approved
/// changes out can make one; copies share the one use.
#[derive(Debug, Clone)]
pub(crate) struct Grant(Arc<Terms>);

#[derive(Debug)]
struct Terms {
    method: Method,
    path: String,
    is_used: AtomicBool,
}

impl Grant {
    pub(super) fn new(method: Method, path: String) -> Self {
        Self(Arc::new(Terms {
            method,
            path,
            is_used: AtomicBool::new(false),
        }))
    }

    #[cfg(test)]
    pub(crate) fn of(method: Method, path: &str) -> Self {
        Self::new(method, path.to_owned())
    }

    /// Uses the grant up.
    ///
    /// # Errors
    /// Why it does not cover the request. A grant for something else stays unused.
    pub(crate) fn take(&self, method: &Method, path: &str) -> Result<(), &'static str> {
        let terms = &self.0;
        if terms.method != *method || terms.path != path {
            return Err("what was approved is another change");
        }
        if terms.is_used.swap(true, Ordering::SeqCst) {
            return Err("its approval has been used");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: &str = "/apis/apps/v1/namespaces/shop/deployments/web/scale";

    #[test]
    fn lets_out_what_it_names_and_nothing_else() {
        let grant = Grant::of(Method::PUT, SCALE);
        for (method, path) in [
            (Method::PATCH, SCALE),
            (Method::DELETE, SCALE),
            (Method::PUT, "/apis/apps/v1/namespaces/shop/deployments/web"),
            (
                Method::PUT,
                "/apis/apps/v1/namespaces/shop/deployments/web2/scale",
            ),
            (
                Method::PUT,
                "/apis/apps/v1/namespaces/bank/deployments/web/scale",
            ),
            (
                Method::PUT,
                "/apis/apps/v1/namespaces/shop/statefulsets/web/scale",
            ),
            (
                Method::PUT,
                "/apis/apps/v1/namespaces/shop/deployments/web/scale/",
            ),
        ] {
            assert!(grant.take(&method, path).is_err(), "{method} {path}");
        }
        assert_eq!(grant.take(&Method::PUT, SCALE), Ok(()));
    }

    #[test]
    fn copies_share_one_use() {
        let grant = Grant::of(Method::PUT, SCALE);
        let copy = grant.clone();
        assert_eq!(copy.take(&Method::PUT, SCALE), Ok(()));
        assert!(grant.take(&Method::PUT, SCALE).is_err());
    }
}
