use domain::{
    ids::ObjectName,
    resources::{WorkloadKind, WorkloadRef},
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path, query_param},
};

use super::*;

fn storefront(kind: WorkloadKind) -> Subject {
    Subject::Workload(WorkloadRef {
        kind,
        namespace: ObjectName::new("shop").unwrap(),
        name: ObjectName::new("store.front").unwrap(),
    })
}

#[test]
fn asks_for_the_whole_cluster_without_naming_pods() {
    assert_eq!(
        query::of(&Subject::Cluster, Metric::Cpu).text,
        r#"sum(rate(container_cpu_usage_seconds_total{container!=""}[5m]))"#
    );
    assert_eq!(
        query::of(&Subject::Cluster, Metric::Network).text,
        "sum(rate(container_network_receive_bytes_total[5m]))+sum(rate(container_network_transmit_bytes_total[5m]))"
    );
}

#[test]
fn asks_for_the_pods_a_controller_names() {
    assert_eq!(
        query::of(&storefront(WorkloadKind::StatefulSet), Metric::Memory).text,
        r#"sum(container_memory_working_set_bytes{container!="",namespace="shop",pod=~"store\\.front-[0-9]+"})"#
    );
    assert_eq!(
        query::of(&storefront(WorkloadKind::Deployment), Metric::Pods).text,
        r#"count(kube_pod_status_phase{phase="Running",namespace="shop",pod=~"store\\.front-[a-z0-9]+-[a-z0-9]{5}"}==1)"#
    );
}

async fn answering(response: ResponseTemplate) -> (MockServer, Prometheus) {
    // Another test of this process may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/api/v1/query_range"))
        .and(query_param("start", "600"))
        .and(query_param("step", "300"))
        .and(header("authorization", "Bearer t"))
        .respond_with(response)
        .mount(&server)
        .await;
    let endpoint = PrometheusEndpoint {
        url: server.uri(),
        bearer: Some("t".into()),
        ca_pem: None,
    };
    (server, Prometheus::new(endpoint).unwrap())
}

async fn asked(response: ResponseTemplate) -> Answer<Series> {
    let (_server, prometheus) = answering(response).await;
    prometheus
        .range(
            &Subject::Cluster,
            Metric::Cpu,
            Timestamp::from_seconds(600),
            Timestamp::from_seconds(1500),
            Seconds(300),
        )
        .await
}

#[tokio::test]
async fn gives_millicores_with_gaps() {
    let body = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},
        "values":[[600,"1.5"],[900,"NaN"],[1200,"2"]]}]}}"#;
    let series = asked(ResponseTemplate::new(200).set_body_string(body))
        .await
        .unwrap();
    assert_eq!(series.values, [Some(1500.0), None, Some(2000.0)]);
    assert_eq!(series.start, Timestamp::from_seconds(600));
}

#[tokio::test]
async fn no_series_is_no_measurement() {
    let body = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
    let series = asked(ResponseTemplate::new(200).set_body_string(body))
        .await
        .unwrap();
    assert!(series.values.is_empty());
}

#[tokio::test]
async fn says_what_went_wrong_without_repeating_the_server() {
    for (response, code) in [
        (ResponseTemplate::new(401), ErrorCode::CredentialsRejected),
        (
            ResponseTemplate::new(422).set_body_string("token=abc"),
            ErrorCode::ClusterAnswer,
        ),
        (
            ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:1/"),
            ErrorCode::ClusterAnswer,
        ),
        (
            ResponseTemplate::new(200).set_body_string("<html>"),
            ErrorCode::ClusterAnswer,
        ),
        (
            ResponseTemplate::new(200).set_body_bytes(vec![b' '; LONGEST_ANSWER + 1]),
            ErrorCode::ClusterAnswer,
        ),
    ] {
        let error = asked(response).await.unwrap_err();
        assert_eq!(error.code, code);
        assert!(!error.message.contains("abc"));
    }
}
