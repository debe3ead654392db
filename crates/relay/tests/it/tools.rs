//! What public tools say of the relay. They are installed by `cargo xtask test`, which runs these tests.

use std::process::Output;

use tokio::process::Command;

use crate::served::Served;
use crate::world::A;

async fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().await.unwrap()
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs schemathesis: `cargo xtask test` installs and runs it"]
async fn schemathesis_finds_nothing() {
    let served = Served::start_with(|config| {
        config.requests_per_minute = 10_000_000;
        config.anonymous_per_minute = 10_000_000;
    })
    .await;
    let node = served.node(A).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let certificate = file("node.pem", node.chain.to_pem().as_bytes());
    let key = file("node.key", node.key.to_pem().as_bytes());
    let token = node.session.as_ref().unwrap().access_token.expose();
    let output = run(
        "schemathesis",
        &[
            "run",
            &served.url("/v1/openapi.json"),
            "--tls-verify=false",
            &format!("--request-cert={certificate}"),
            &format!("--request-cert-key={key}"),
            &format!("--header=Authorization: Bearer {token}"),
            "--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
            // Streams do not end; log-out would end the session of all others.
            "--exclude-path=/v1/events",
            "--exclude-path=/v1/sessions",
            // It finds its own certificate, and takes it back.
            "--exclude-path=/v1/account/certificates/{fingerprint}",
            "--phases=examples,coverage,fuzzing",
            "--max-examples=30",
            "--seed=1",
            "--no-color",
        ],
    )
    .await;
    assert!(output.status.success(), "{}", said(&output));
    served.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs sslyze: `cargo xtask test` installs and runs it"]
async fn a_tls_scan_sees_only_tls_1_3() {
    let served = Served::start().await;
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let target = format!("127.0.0.1:{}", served.address.port());
    let json = format!("--json_out={}", report.display());
    let scans = "--mozilla_config=disable --sslv2 --sslv3 --tlsv1 --tlsv1_1 --tlsv1_2 --tlsv1_3 --heartbleed \
        --openssl_ccs --compression --early_data";
    let mut arguments: Vec<&str> = scans.split_whitespace().collect();
    arguments.extend([json.as_str(), &target]);
    let output = run("sslyze", &arguments).await;
    let text = std::fs::read_to_string(&report).unwrap_or_else(|_| panic!("{}", said(&output)));
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let result = &report["server_scan_results"][0]["scan_result"];
    for (version, accepted) in [
        ("ssl_2_0", false),
        ("ssl_3_0", false),
        ("tls_1_0", false),
        ("tls_1_1", false),
        ("tls_1_2", false),
        ("tls_1_3", true),
    ] {
        let suites = &result[format!("{version}_cipher_suites")]["result"]["accepted_cipher_suites"];
        assert_eq!(!suites.as_array().unwrap().is_empty(), accepted, "{version}");
    }
    for (attack, member) in [
        ("heartbleed", "is_vulnerable_to_heartbleed"),
        ("openssl_ccs_injection", "is_vulnerable_to_ccs_injection"),
        ("tls_compression", "supports_compression"),
        ("tls_1_3_early_data", "supports_early_data"),
    ] {
        assert_eq!(result[attack]["result"][member], false, "{attack}");
    }
}
