//! Hostile kubeconfigs, as far as they are about the file: what is refused, and by which name.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{ErrorCode, OpsError, ports::KubeconfigText};
use proptest::prelude::*;
use rcgen::{CertificateParams, KeyPair};
use secrecy::ExposeSecret as _;

use super::{
    Credentials, PERMITS, SIZE_LIMIT, recipe::DANGEROUS, sanitise, sanitise_off_thread,
    text_from_bytes,
};
use crate::fake_api::{Authority, kubeconfig};

fn good() -> String {
    static CA: LazyLock<Authority> = LazyLock::new(Authority::new);
    kubeconfig("https://cluster.example:6443", &CA.ca_pem)
}

/// The refusal of a text.
#[track_caller]
fn refusal(case: &str, text: &str) -> OpsError {
    let error = sanitise(text).expect_err(case);
    assert_eq!(error.code, ErrorCode::KubeconfigRejected, "{case}");
    error
}

/// The field that is named for a good file with one piece of it replaced.
#[track_caller]
fn check(case: &str, old: &str, new: &str, names: &str) {
    let good = good();
    assert!(good.contains(old), "{case}: the file has no {old:?}");
    let error = refusal(case, &good.replacen(old, new, 1));
    assert!(
        error.message.contains(names),
        "{case}: “{}” does not name {names}",
        error.message
    );
}

/// A field added to the user's entry.
fn check_user(case: &str, field: &str, names: &str) {
    let with = format!("token: canary-token\n    {field}");
    check(case, "token: canary-token", &with, names);
}

fn check_cluster(case: &str, field: &str, names: &str) {
    let with = format!("    server: https://cluster.example:6443\n    {field}\n");
    check(
        case,
        "    server: https://cluster.example:6443\n",
        &with,
        names,
    );
}

#[test]
fn takes_what_kubectl_writes() {
    let credentials = sanitise(&good()).unwrap();
    assert_eq!(credentials.server(), "https://cluster.example:6443");
    assert_eq!(credentials.namespace(), "shop");
    assert_eq!(credentials.context(), "test");
}

#[test]
fn takes_json_preferences_extensions_and_a_byte_order_mark() {
    let minikube = good().replacen(
        "    server:",
        "    extensions:\n    - name: cluster_info\n      extension: {provider: minikube.sigs.k8s.io, version: v1.36.0}\n    server:",
        1,
    );
    for text in [
        format!("\u{FEFF}---\n{}", good()),
        format!("preferences: {{}}\n{}", good()),
        minikube,
        good().replace('\n', "\r\n"),
        r#"{"apiVersion":"v1","kind":"Config","current-context":"a",
            "clusters":[{"name":"a","cluster":{"server":"https://10.0.0.1"}}],
            "users":[{"name":"a","user":{"token":"t"}}],
            "contexts":[{"name":"a","context":{"cluster":"a","user":"a"}}]}"#
            .to_owned(),
    ] {
        sanitise(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    }
}

#[test]
fn programs_are_refused_with_a_recipe() {
    for (case, exec) in [
        (
            "a shell",
            "exec: {apiVersion: v1, command: /bin/sh, args: [-c, touch /tmp/canary]}",
        ),
        ("relative", "exec: {command: ./login}"),
        ("env", "exec: {command: aws, env: [{name: A, value: b}]}"),
        ("interactive", "exec: {command: a, interactiveMode: Always}"),
        (
            "cluster info",
            "exec: {command: a, provideClusterInfo: true}",
        ),
        ("empty", "exec: null"),
    ] {
        check_user(case, exec, "users[0].user.exec");
    }
    let text = good().replacen("token: canary-token", "exec: {command: aws}", 1);
    let error = sanitise(&text).unwrap_err();
    assert!(error.hint.contains("create serviceaccount") && error.hint.contains("create token"));
    assert!(!error.message.contains("aws"));
}

#[test]
fn a_second_document_is_refused() {
    let second = format!(
        "{}---\nusers: [{{name: x, user: {{exec: {{command: sh}}}}}}]\n",
        good()
    );
    refusal("two documents", &second);
    refusal("end marker", &format!("{}...\n", good()));
    refusal("directive", &format!("%YAML 1.1\n---\n{}", good()));
}

#[test]
fn an_unused_user_condemns_the_file() {
    let text = good().replacen(
        "contexts:",
        "- name: other\n  user: {exec: {command: /bin/sh}}\ncontexts:",
        1,
    );
    let error = refusal("a program of another user", &text);
    assert!(error.message.contains("users[1].user.exec"), "{error}");
}

#[test]
fn fields_that_run_read_redirect_or_impersonate_are_refused_by_name() {
    for (case, field, name) in [
        (
            "gcp login",
            "auth-provider: {name: gcp, config: {cmd-path: /bin/sh, cmd-args: x}}",
            "auth-provider",
        ),
        (
            "oidc login",
            "auth-provider: {name: oidc, config: {idp-issuer-url: 'http://169.254.169.254/'}}",
            "auth-provider",
        ),
        (
            "a mounted token",
            "tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token",
            "tokenFile",
        ),
        ("environ", "tokenFile: /proc/self/environ", "tokenFile"),
        ("zero", "tokenFile: /dev/zero", "tokenFile"),
        (
            "a path to a certificate",
            "client-certificate: ../../data/app.db",
            "client-certificate",
        ),
        ("key", "client-key: /app/master.key", "client-key"),
        ("impersonation", "as: system:admin", "as"),
        ("groups", "as-groups: ['system:masters']", "as-groups"),
        ("uid", "as-uid: '0'", "as-uid"),
        ("extra", "as-user-extra: {a: [b]}", "as-user-extra"),
        ("basic", "username: admin", "username"),
        ("basic", "password: hunter2", "password"),
        ("unknown", "future-field: 1", "future-field"),
    ] {
        check_user(case, field, &format!("users[0].user.{name}"));
    }
    for (case, field, name) in [
        (
            "a path",
            "certificate-authority: /etc/passwd",
            "certificate-authority",
        ),
        (
            "no verification",
            "insecure-skip-tls-verify: true",
            "insecure-skip-tls-verify",
        ),
        (
            "an http proxy",
            "proxy-url: http://127.0.0.1:8080",
            "proxy-url",
        ),
        ("socks", "proxy-url: socks5://attacker", "proxy-url"),
    ] {
        check_cluster(case, field, &format!("clusters[0].cluster.{name}"));
    }
}

#[test]
fn the_refusal_of_a_path_does_not_tell_whether_it_exists() {
    let at = |path: &str| {
        let text = good().replacen("token: canary-token", &format!("tokenFile: {path}"), 1);
        refusal("a path", &text)
    };
    assert_eq!(at("/etc/passwd"), at("/nowhere/at/all"));
}

#[test]
fn a_bad_address_names_its_field() {
    for (case, server) in [
        ("plain http", "http://cluster.example"),
        ("empty", "''"),
        ("word", "notaurl"),
        ("a password", "https://user:pw@host/"),
        ("query", "'https://host/?x='"),
        ("fragment", "'https://host/#f'"),
        ("dots", "https://host/..%2f"),
        ("newline", r#""https://host/\r\nX-Y: z""#),
        ("nul", r#""https://host\0""#),
        ("bidi", r#""https://ho\u202Est""#),
        ("look-alike", "https://ex\u{0430}mple.com"),
        ("metadata service", "https://169.254.169.254/"),
        ("an address as one number", "https://2852039166/"),
    ] {
        check(
            case,
            "https://cluster.example:6443",
            server,
            "clusters[0].cluster.server",
        );
    }
}

#[test]
fn certificate_data_is_looked_at_before_it_is_kept() {
    let many = Authority::new().ca_pem.repeat(65);
    for (case, data) in [
        ("not base64", "'%%%'".to_owned()),
        ("garbage", STANDARD.encode("garbage")),
        ("not UTF-8", STANDARD.encode([0xFF, 0xFE, 0x00])),
        (
            "damaged",
            STANDARD.encode("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ),
        (
            "no end",
            STANDARD.encode("-----BEGIN CERTIFICATE-----\nAAAA\n"),
        ),
        (
            "a key",
            STANDARD.encode(KeyPair::generate().unwrap().serialize_pem()),
        ),
        ("too many", STANDARD.encode(many)),
        ("a number", "12345".to_owned()),
    ] {
        let good = good();
        let from = good.find("certificate-authority-data: ").unwrap();
        let to = from + good[from..].find('\n').unwrap();
        let text = format!(
            "{}certificate-authority-data: {data}{}",
            &good[..from],
            &good[to..]
        );
        let error = refusal(case, &text);
        assert!(
            error
                .message
                .contains("clusters[0].cluster.certificate-authority-data"),
            "{error}"
        );
    }
}

fn with_client(certificate: &str, key: &str) -> String {
    let field = |name: &str, pem: &str| format!("{name}: {}\n    ", STANDARD.encode(pem));
    let fields = field("client-certificate-data", certificate) + &field("client-key-data", key);
    good().replacen("token: canary-token", fields.trim_end(), 1)
}

#[test]
fn a_key_has_to_belong_to_its_certificate() {
    let (own, other) = (Authority::new(), Authority::new());
    sanitise(&with_client(&own.certificate_pem, &own.key_pem)).unwrap();
    let error = refusal(
        "another key",
        &with_client(&own.certificate_pem, &other.key_pem),
    );
    assert!(error.message.contains("client-key-data"), "{error}");
    let error = refusal("swapped", &with_client(&own.key_pem, &own.certificate_pem));
    assert!(error.message.contains("client-certificate-data"), "{error}");
}

#[test]
fn half_of_a_client_certificate_is_refused() {
    let whole = with_client(&Authority::new().certificate_pem, "x");
    let from = whole.find("client-key-data").unwrap();
    let to = from + whole[from..].find('\n').unwrap();
    let error = refusal("no key", &format!("{}{}", &whole[..from], &whole[to..]));
    assert!(
        error.message.contains("users[0].user.client-key-data"),
        "{error}"
    );
}

/// Its validity is the API server's to judge; what matters here is that nothing panics.
#[test]
fn an_expired_client_certificate_is_kept() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["me".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2001, 1, 1);
    params.not_after = rcgen::date_time_ymd(2002, 1, 1);
    let certificate = params.self_signed(&key).unwrap();
    sanitise(&with_client(&certificate.pem(), &key.serialize_pem())).unwrap();
}

#[test]
fn bombs_are_refused() {
    let bomb = (1..10).fold("a0: &a0 [x,x]\n".to_owned(), |text, level| {
        let below = format!("*a{}", level - 1);
        text + &format!("a{level}: &a{level} [{}]\n", [below.as_str(); 9].join(","))
    });
    for (case, text) in [
        ("aliases", bomb),
        ("flow depth", "[".repeat(100_000)),
        ("flow depth below the limit", "[".repeat(3_999)),
        ("quoted flow depth", "[\"]\",".repeat(40_000)),
        ("mappings", "{a: ".repeat(60_000)),
        ("block depth", "- ".repeat(100_000)),
        ("block keys", "? ".repeat(100_000)),
        (
            "indentation",
            (0..700)
                .map(|depth| format!("{}a:\n", " ".repeat(depth)))
                .collect(),
        ),
        ("keys", (0..35_000).map(|key| format!("{key}:\n")).collect()),
        (
            "keys below the limit",
            (0..7_999).map(|key| format!("k{key}:\n")).collect(),
        ),
        (
            "flow keys",
            format!(
                "{{{}}}",
                (0..30_000)
                    .map(|key| format!("k{key},"))
                    .collect::<String>()
            ),
        ),
        ("documents", "---\na\n".repeat(20_000)),
        ("merge", "a: {b: 1}\nc:\n  <<: 1\n".to_owned()),
        ("long line", "a".repeat(250_000)),
        ("quotes", "\"\\n\"".repeat(60_000)),
    ] {
        refusal(case, &text);
    }
}

#[tokio::test]
async fn two_are_read_at_a_time() {
    let text = KubeconfigText(good());
    let all = PERMITS.acquire_many(2).await.unwrap();
    let error = sanitise_off_thread(text.clone()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::RateLimited);
    drop(all);
    assert!(sanitise_off_thread(text).await.is_ok());
}

#[test]
fn a_file_has_a_size() {
    let padding = |to: usize| format!("{}#{}", good(), "x".repeat(to - good().len() - 1));
    sanitise(&padding(SIZE_LIMIT)).unwrap();
    let error = refusal("one byte too many", &padding(SIZE_LIMIT + 1));
    assert!(error.message.contains("256 KiB"));
}

#[test]
fn text_is_utf_8() {
    let utf16 = |order: fn(u16) -> [u8; 2], mark: u16| {
        let units = std::iter::once(mark).chain(good().encode_utf16().collect::<Vec<_>>());
        units.flat_map(order).collect::<Vec<u8>>()
    };
    for bytes in [
        utf16(u16::to_le_bytes, 0xFEFF),
        utf16(u16::to_be_bytes, 0xFEFF),
    ] {
        assert!(
            text_from_bytes(&bytes)
                .unwrap_err()
                .message
                .contains("UTF-16")
        );
    }
    assert!(
        text_from_bytes(b"name: \xE9\n")
            .unwrap_err()
            .message
            .contains("UTF-8")
    );
    assert!(text_from_bytes(good().as_bytes()).is_ok());
}

#[test]
fn repeated_keys_merges_and_tags_are_refused() {
    check(
        "twice at the top",
        "current-context: test",
        "current-context: test\ncurrent-context: test",
        "twice",
    );
    check(
        "nested",
        "    token: canary-token",
        "    token: a\n    token: b",
        "twice",
    );
    check(
        "tag",
        "token: canary-token",
        "token: !!python/object:os.system x",
        "tag",
    );
    check("merge", "    user: test", "    <<: {user: test}", "merge");
}

#[test]
fn names_are_short_and_plain() {
    for (case, name) in [
        ("long", "x".repeat(10_000)),
        ("nul", r#""con\0fig""#.to_owned()),
        ("bidi", r#""a\u202Eb""#.to_owned()),
        ("lines", r#""a\nb""#.to_owned()),
    ] {
        refusal(
            case,
            &good().replace("name: test", &format!("name: {name}")),
        );
    }
    for name in ["../../x", "<script>", "köln 🚀"] {
        let text = good()
            .replace("name: test", &format!("name: '{name}'"))
            .replace(": test\n", &format!(": '{name}'\n"));
        assert_eq!(sanitise(&text).unwrap().context(), name);
    }
}

#[test]
fn the_current_context_has_to_lead_somewhere() {
    check("missing", "current-context: test\n", "", "current-context");
    check(
        "nowhere",
        "current-context: test",
        "current-context: other",
        "current-context",
    );
    check(
        "cluster",
        "    cluster: test",
        "    cluster: other",
        "contexts[0].context.cluster",
    );
    check(
        "user",
        "    user: test",
        "    user: other",
        "contexts[0].context.user",
    );
    check(
        "nobody",
        "    token: canary-token",
        "    token: ''",
        "users[0].user",
    );
    check(
        "namespace",
        "namespace: shop",
        "namespace: ../../secrets",
        "contexts[0].context.namespace",
    );
}

#[test]
fn a_token_fits_into_a_header() {
    for (case, token) in [
        ("long", "x".repeat(100_000)),
        ("newline", r#""a\nX-Evil: 1""#.to_owned()),
        ("space", "'a b'".to_owned()),
        ("not ASCII", "töken".to_owned()),
    ] {
        check(case, "canary-token", &token, "users[0].user.token");
    }
}

#[test]
fn credentials_do_not_come_back_in_words() {
    let credentials = sanitise(&good()).unwrap();
    let shown = format!("{credentials:?}");
    assert!(
        !shown.contains("canary-token") && !shown.contains("BEGIN"),
        "{shown}"
    );
    assert_eq!(credentials.fingerprint().len(), 8);
}

#[test]
fn sealed_credentials_are_the_same_credentials() {
    let credentials = sanitise(&good()).unwrap();
    let again = Credentials::from_sealed(&credentials.to_sealable()).unwrap();
    assert_eq!(again.fingerprint(), credentials.fingerprint());
    assert_eq!(
        again.to_sealable().expose_secret(),
        credentials.to_sealable().expose_secret()
    );
    assert_eq!(
        Credentials::from_sealed(&"{}".to_owned().into())
            .unwrap_err()
            .code,
        ErrorCode::Internal
    );
}

#[test]
fn another_token_has_another_fingerprint() {
    let authority = Authority::new();
    let text = kubeconfig("https://cluster.example", &authority.ca_pem);
    let other = text.replace("canary-token", "another-token");
    assert_ne!(
        sanitise(&text).unwrap().fingerprint(),
        sanitise(&other).unwrap().fingerprint()
    );
}

#[test]
fn a_refusal_never_quotes_the_file() {
    for broken in [
        "token: canary-token: x",
        "token: [canary-token",
        "token: 'canary-token",
    ] {
        let error = refusal("quote", &good().replacen("token: canary-token", broken, 1));
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

/// Lines of a good file after which a field of the same indentation may stand.
fn places(text: &str) -> Vec<(usize, usize)> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            at += line.len();
            let indent = line.len() - line.trim_start_matches(['-', ' ']).len();
            (at, indent)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Never Ok with a forbidden field anywhere, whatever its value and however its key is quoted.
    #[test]
    fn a_forbidden_field_anywhere_is_refused(
        field in prop::sample::select(DANGEROUS.to_vec()),
        place in any::<prop::sample::Index>(),
        quote in prop::sample::select(vec!["", "'", "\""]),
        value in prop::sample::select(vec!["x", "''", "null", "{}", "[]", "false", "{a: [b]}", "7"]),
    ) {
        let base = format!("{}preferences:\n  colors: true\n", good());
        let places = places(&base);
        let (at, indent) = places[place.index(places.len())];
        let line = format!("{}{quote}{field}{quote}: {value}\n", " ".repeat(indent));
        let text = format!("{}{line}{}", &base[..at], &base[at..]);
        prop_assert!(sanitise(&text).is_err(), "{text}");
    }

    /// No text at all makes it panic, and what is taken is taken again after sealing.
    #[test]
    fn any_text_is_taken_or_refused(text in "(?s).{0,400}") {
        if let Ok(credentials) = sanitise(&text) {
            prop_assert!(Credentials::from_sealed(&credentials.to_sealable()).is_ok());
        }
    }

    /// Damage to a good file never turns the server into another scheme than https.
    #[test]
    fn damage_never_opens_a_door(at in any::<prop::sample::Index>(), with in "[ -~]{0,6}") {
        let good = good();
        let at = at.index(good.len());
        let damaged = format!("{}{with}{}", &good[..at], &good[at + 1..]);
        if let Ok(credentials) = sanitise(&damaged) {
            prop_assert!(credentials.server().starts_with("https://"));
        }
    }
}
