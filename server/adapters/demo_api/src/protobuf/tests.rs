use super::*;

/// A length-delimited field.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2, u8::try_from(bytes.len()).unwrap()];
    out.extend_from_slice(bytes);
    out
}

fn varint(number: u8, value: u8) -> Vec<u8> {
    vec![number << 3, value]
}

fn envelope(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let meta = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
    [MAGIC.to_vec(), field(1, &meta), field(2, raw)].concat()
}

#[test]
fn reads_an_object_as_json() {
    let metadata = [field(1, b"settings"), field(3, b""), field(8, b"")].concat();
    let data = [field(1, b"key"), field(2, b"value")].concat();
    let raw = [field(1, &metadata), field(2, &data)].concat();
    assert_eq!(
        object(&envelope("v1", "ConfigMap", &raw)).unwrap(),
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "settings"}, "data": {"key": "value"},
        })
    );
}

#[test]
fn keeps_a_zero_that_was_meant() {
    let spec = [varint(1, 0), varint(5, 0)].concat();
    let read = object(&envelope("apps/v1", "Deployment", &field(2, &spec))).unwrap();
    assert_eq!(read["spec"], json!({"replicas": 0}));
}

#[test]
fn writes_inline_messages_into_their_parent() {
    let secret = field(1, b"password");
    let volume = [field(1, b"data"), field(2, &field(6, &secret))].concat();
    let read = object(&envelope("v1", "Pod", &field(2, &field(1, &volume)))).unwrap();
    assert_eq!(
        read["spec"]["volumes"],
        json!([{"name": "data", "secret": {"secretName": "password"}}])
    );
}

#[test]
fn reads_numbers_or_text() {
    let port = |inner: Vec<u8>| {
        let ports = [varint(3, 80), field(4, &inner)].concat();
        let service = object(&envelope("v1", "Service", &field(2, &field(1, &ports)))).unwrap();
        service["spec"]["ports"][0]["targetPort"].clone()
    };
    assert_eq!(port([varint(1, 0), varint(2, 80)].concat()), json!(80));
    assert_eq!(
        port([varint(1, 1), field(3, b"http")].concat()),
        json!("http")
    );
}

#[test]
fn refuses_what_is_cut_off_or_foreign() {
    let whole = envelope("v1", "ConfigMap", &field(1, &field(1, b"settings")));
    for end in [0, 3, 5, whole.len() - 1] {
        assert!(object(&whole[..end]).is_err(), "{end}");
    }
    assert!(object(&envelope("example.com/v1", "Nothing", b"")).is_err());
    assert!(object(&envelope("v1", "ConfigMap", &[0xff; 12])).is_err());
}
