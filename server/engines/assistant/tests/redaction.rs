//! Secrets in text: recall on samples of every known shape, and silence on ordinary logs.
//!
//! The secrets are made up. Each sample says what must be gone; what is around it must stay.

use assistant::redact;

/// Builds a token at run time, so that no scanner of repositories takes a sample for a real one.
fn token(prefix: &str, length: usize) -> String {
    const ALPHABET: &[u8] = b"a7Bq9ZkX2mN4pR8sT1vWcY5dEfG3hJ6L";
    let body = (0..length).map(|n| char::from(ALPHABET[(n * 7 + n / 5) % ALPHABET.len()]));
    prefix.chars().chain(body).collect()
}

/// `(text, secret, what must stay)`
#[expect(clippy::too_many_lines, reason = "a table of samples")]
fn samples() -> Vec<(String, String, &'static str)> {
    let prefixed = [
        ("ghp_", 36),
        ("gho_", 36),
        ("ghs_", 36),
        ("github_pat_", 40),
        ("glpat-", 20),
        ("xoxb-", 30),
        ("xoxp-", 30),
        ("xapp-", 30),
        ("sk-", 48),
        ("sk-proj-", 48),
        ("sk-ant-api03-", 60),
        ("sk_live_", 24),
        ("sk_test_", 24),
        ("rk_live_", 24),
        ("whsec_", 32),
        ("npm_", 36),
        ("pypi-", 60),
        ("dop_v1_", 64),
        ("hvs.", 24),
        ("glsa_", 32),
        ("dckr_pat_", 27),
        ("shpat_", 32),
        ("AIza", 35),
        ("ya29.", 60),
        ("GOCSPX-", 28),
        ("SG.", 66),
        ("hf_", 34),
        ("gsk_", 52),
        ("lin_api_", 40),
        ("ATATT3x", 60),
        ("ai4k8s_", 43),
    ];
    let mut samples: Vec<_> = prefixed
        .iter()
        .flat_map(|(prefix, length)| {
            let secret = token(prefix, *length);
            [
                (
                    format!("2026-01-02T03:04:05Z INFO calling upstream with {secret} now"),
                    secret.clone(),
                    "calling upstream",
                ),
                (
                    format!("{{\"level\":\"info\",\"value\":\"{secret}\",\"ok\":true}}"),
                    secret,
                    "\"ok\":true",
                ),
            ]
        })
        .collect();
    let plain = [
        ("password=hunter2", "hunter2", "password="),
        ("PASSWORD: s3cretValue", "s3cretValue", "PASSWORD"),
        ("  password: correcthorse", "correcthorse", "password"),
        ("db_password = \"p@ss w0rd\"", "p@ss w0rd", "db_password"),
        (
            "{\"password\":\"letmein\",\"user\":\"ann\"}",
            "letmein",
            "\"user\":\"ann\"",
        ),
        (
            "{\\\"password\\\":\\\"letmein9\\\"}",
            "letmein9",
            "password",
        ),
        ("env DB_PASS=swordfish started", "swordfish", "started"),
        ("api_key=abcdef123456 used", "abcdef123456", "used"),
        ("apiKey: 'k-9912-aa'", "k-9912-aa", "apiKey"),
        ("X-Api-Key: 8f3a9c7d1b", "8f3a9c7d1b", "X-Api-Key"),
        (
            "client_secret=Zx9-Yw8&grant_type=client_credentials",
            "Zx9-Yw8",
            "grant_type=client_credentials",
        ),
        (
            "GET /cb?access_token=abc123def&x=1 200",
            "abc123def",
            "x=1 200",
        ),
        (
            "Authorization: Bearer abc.def-123456",
            "abc.def-123456",
            "Authorization",
        ),
        (
            "authorization: Basic dXNlcjpwYXNzd29yZA==",
            "dXNlcjpwYXNzd29yZA==",
            "authorization",
        ),
        (
            "curl -H \"Authorization: token 0123abcd4567\" https://api",
            "0123abcd4567",
            "https://api",
        ),
        (
            "sent header bearer eyX9-12345678",
            "eyX9-12345678",
            "sent header",
        ),
        ("Cookie: session=abcd1234; theme=dark", "abcd1234", "Cookie"),
        (
            "Set-Cookie: sid=s%3Aabc.def; HttpOnly",
            "s%3Aabc.def",
            "Set-Cookie",
        ),
        (
            "postgres://app:s3cr3t@db:5432/shop",
            "s3cr3t",
            "@db:5432/shop",
        ),
        (
            "dial mongodb+srv://root:pa:ss@cluster0.mongodb.net/x failed",
            "pa:ss",
            "cluster0.mongodb.net",
        ),
        ("amqp://guest:gu3st!@mq:5672/", "gu3st!", "mq:5672"),
        ("redis://:onlypass@cache:6379/0", "onlypass", "cache:6379"),
        (
            "https://x-access-token:abc123@github.com/o/r.git",
            "abc123",
            "github.com/o/r.git",
        ),
        (
            "mysql://u:p%40ss@h/d and mysql://v:second@h/d",
            "second",
            "mysql://v:",
        ),
        (
            "postgres://app:pass/with/slash@db/shop",
            "pass/with/slash",
            "db/shop",
        ),
        (
            "host=db user=app password=abc123 dbname=shop",
            "abc123",
            "dbname=shop",
        ),
        (
            "Server=sql;User Id=sa;Pwd=Str0ng!;Database=x",
            "Str0ng!",
            "Database=x",
        ),
        (
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc+def/123==;EndpointSuffix=core",
            "abc+def/123==",
            "EndpointSuffix=core",
        ),
        (
            "AKIAIOSFODNN7EXAMPLE is the id",
            "AKIAIOSFODNN7EXAMPLE",
            "is the id",
        ),
        (
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "aws_secret_access_key",
        ),
        (
            "found wJalrXUtnFEMI/K7MDENG/bPxRfiCY4ZAMPLEKEY9 in env",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCY4ZAMPLEKEY9",
            "in env",
        ),
        ("mysql -u root --password hunter22 shop", "hunter22", "shop"),
        (
            "vault login --token s.abcdef12345",
            "s.abcdef12345",
            "vault login",
        ),
        (
            "redis-server --requirepass foobared99",
            "foobared99",
            "redis-server",
        ),
        (
            "CREATE USER app IDENTIFIED BY 'tiger99';",
            "tiger99",
            "CREATE USER app",
        ),
        (
            "POST https://hooks.slack.com/services/T000/B000/XXXXabc123",
            "T000/B000/XXXXabc123",
            "hooks.slack.com/services/",
        ),
        (
            "client-key-data: LS0tLS1CRUdJTiBSU0E=",
            "LS0tLS1CRUdJTiBSU0E=",
            "client-key-data",
        ),
        (
            "{\"auths\":{\"r\":{\"auth\":\"dXNlcjpwdw==\"}}}",
            "dXNlcjpwdw==",
            "auths",
        ),
        (
            "X-Amz-Signature=0f3c9a&X-Amz-Date=2026",
            "0f3c9a",
            "X-Amz-Date=2026",
        ),
        (
            "https://acct.blob.core/x?sv=1&sig=Ab%2Bcd12&se=2",
            "Ab%2Bcd12",
            "se=2",
        ),
        ("passphrase => opensesame1", "opensesame1", "passphrase"),
        (
            "token: abcDEF123456, expires soon",
            "abcDEF123456",
            "expires soon",
        ),
        (
            "- name: DB\n  secretKey: aB3dE5\nnext: line",
            "aB3dE5",
            "next: line",
        ),
        ("jwt=eyJhbGciOi.payload", "eyJhbGciOi.payload", "jwt="),
    ];
    samples.extend(plain.map(|(text, secret, stays)| (text.to_owned(), secret.to_owned(), stays)));
    samples
}

#[test]
fn finds_secrets_of_every_shape() {
    let samples = samples();
    assert!(samples.len() >= 60);
    let missed: Vec<_> = samples
        .iter()
        .filter(|(text, secret, _)| redact(text).contains(secret.as_str()))
        .map(|(text, ..)| (text, redact(text)))
        .collect();
    assert!(
        missed.is_empty(),
        "{} of {} missed: {missed:#?}",
        missed.len(),
        samples.len()
    );
}

#[test]
fn keeps_what_stands_around_a_secret() {
    for (text, _, stays) in samples() {
        let shown = redact(&text);
        assert!(shown.contains(stays), "{text} became {shown}");
        assert!(shown.contains("[redacted]"), "{text} became {shown}");
    }
}

#[test]
fn finds_json_web_tokens() {
    let jwt = format!(
        "eyJhbGciOiJIUzI1NiJ9.{}.{}",
        token("eyJ", 40),
        token("", 43)
    );
    for text in [
        format!("got {jwt}."),
        format!("token={jwt}"),
        format!("{{\"t\":\"{jwt}\"}}"),
        format!("X: {jwt}, ok"),
    ] {
        assert!(!redact(&text).contains("eyJhbGciOiJIUzI1NiJ9"), "{text}");
    }
}

#[test]
fn finds_private_keys_in_one_line_in_many_and_cut_off() {
    let begin = format!("-----BEGIN {} KEY-----", "RSA PRIVATE");
    let end = format!("-----END {} KEY-----", "RSA PRIVATE");
    assert_eq!(
        redact(&format!("a\n{begin}\nMIIE\nabc\n{end}\nb")),
        "a\n[redacted]\nb"
    );
    assert_eq!(
        redact(&format!("{{\"k\":\"{begin}\\nMIIE\\n{end}\\n\"}}")),
        "{\"k\":\"[redacted]\\n\"}"
    );
    assert_eq!(redact(&format!("x {begin}\nMIIE")), "x [redacted]");
    let certificate = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----";
    assert_eq!(redact(certificate), certificate);
}

/// Lines as components of a cluster and applications write them, with nothing secret in them.
const ORDINARY: &[&str] = &[
    "2026-01-02T03:04:05.678Z INFO server listening on 0.0.0.0:8080",
    "I0102 03:04:05.678901       1 leaderelection.go:250] attempting to acquire leader lease kube-system/kube-scheduler...",
    "E0102 reflector.go:147] Failed to watch *v1.Pod: failed to list *v1.Pod: Unauthorized",
    "error: invalid password: authentication failed for user \"app\"",
    "pq: password authentication failed for user app",
    "token expired, refreshing",
    "Invalid token: unexpected end of input",
    "Unexpected token < in JSON at position 0",
    "using basic authentication for registry",
    "Bearer authentication is required",
    "secret \"web-tls\" not found",
    "MountVolume.SetUp failed for volume \"tls\" : secret \"web-tls\" not found",
    "secretName: web-tls",
    "imagePullSecrets: []",
    "tokenExpirationSeconds: 3600",
    "max_tokens=4096 temperature=0.2",
    "passwordFile=/run/secrets/db",
    "password=$DB_PASSWORD",
    "password: {{ .Values.password }}",
    "automountServiceAccountToken: false",
    "Pulling image \"registry.example/shop/storefront@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7",
    "uid: 8e3c0f1a-2b4d-4c6e-8f90-a1b2c3d4e5f6",
    "pod storefront-7d9f8b6c5d-xk2lp started on node-1",
    "GET /api/v1/namespaces/shop/pods?limit=500&resourceVersion=0 200 12ms",
    "GET https://registry.example/@scope/package 200",
    "connected to postgres://db:5432/shop",
    "see https://kubernetes.io/docs/concepts/configuration/secret/ for details",
    "java.lang.IllegalStateException: Authorization header missing",
    "at com.example.auth.TokenFilter.doFilter(TokenFilter.java:42)",
    "at org.springframework.security.web.authentication.UsernamePasswordAuthenticationFilter.attemptAuthentication(UsernamePasswordAuthenticationFilter.java:85)",
    "Readiness probe failed: HTTP probe failed with statuscode: 503",
    "Back-off restarting failed container ledger in pod ledger-6c5d",
    "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available",
    "Successfully assigned shop/cart-55c to node-2",
    "memory: 128Mi cpu: 250m",
    "auth: enabled",
    "tests pass: 12, fail: 0",
    "bypass=true compass=north",
    "author=ann authorized=true",
    "key=value keyboard=qwerty",
    "monkey: banana",
    "sk-learn-model-training-2024-01 finished",
    "npm_config_cache=/home/node/.npm",
    "level=info msg=\"request completed\" status=200 duration=12.3ms method=GET path=/healthz",
    "CONTAINER_IMAGE=docker.io/library/nginx:1.27.0-alpine",
    "/usr/local/lib/python3.12/site-packages/urllib3/connectionpool.py:1099: InsecureRequestWarning",
    "java -Xmx512m -jar /app/storefront-service-1.4.2-SNAPSHOT.jar --spring.profiles.active=production",
    "ratelimit: 429 Too Many Requests, retry after 30s",
    "loaded 42 credentials providers",
    "no credentials found",
    "TLS handshake error from 10.1.2.3:51234: EOF",
];

#[test]
fn leaves_ordinary_logs_alone() {
    let wrong: Vec<_> = ORDINARY
        .iter()
        .filter(|line| redact(line) != **line)
        .map(|line| redact(line))
        .collect();
    // One line in fifty may be redacted for nothing.
    assert!(wrong.len() * 50 <= ORDINARY.len(), "{wrong:#?}");
}

#[test]
fn reads_endless_beginnings_of_secrets_to_the_end() {
    for piece in [
        "password=",
        "password: ",
        "https://a:",
        "-----BEGIN PRIVATE KEY",
        "eyJ.",
        "\"'\\",
        "authorization:",
        "a@b:c://",
    ] {
        let shown = redact(&piece.repeat(200_000 / piece.len()));
        assert!(!shown.is_empty());
    }
}

#[test]
fn redacting_twice_changes_nothing_more() {
    for (text, ..) in samples() {
        let once = redact(&text);
        assert_eq!(redact(&once), once);
    }
}
