//! A node behind a line that is slow, or stands still.

use std::time::{Duration, Instant};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tasuki_client::{ClientError, Handover, Patience, RelayAddress, RelayClient};
use tasuki_identity::chain::CertificateChain;
use tasuki_line::{Chance, Line, Pace};
use tasuki_protocol::parcel::ParcelState;
use tasuki_relay::store::Parcels as _;
use tasuki_terms::Sha256Digest;

use crate::served::{Node, PASSWORD, Served, new_id};
use crate::world::{A, B, no};

/// A line to the relay.
fn line_to(served: &Served, pace: Pace) -> Line {
    let line = Line::start(served.address.port(), Chance::new(1)).unwrap();
    line.set_pace(pace);
    line
}

pub(crate) async fn client_over(served: &Served, node: &Node, port: u16) -> RelayClient {
    let root = CertificateChain::new(vec![served.folder.root_certificate().unwrap().to_vec()]).to_pem();
    let second = Duration::from_secs(1);
    let patience = Patience { connect: 10 * second, read: second, upload: 3 * second };
    let address = RelayAddress::new(&format!("https://127.0.0.1:{port}"), root.as_bytes()).unwrap();
    let client = RelayClient::of_node(&address.with_patience(patience), &node.chain, &node.key).unwrap();
    client.log_in(node.kj_id, PASSWORD).await.unwrap();
    client
}

fn parcel(size: usize) -> (Handover, Bytes) {
    let sealed = Bytes::from(vec![7; size]);
    let digest = Sha256Digest(Sha256::digest(&sealed).into());
    (Handover { id: new_id(), to: no(B), key_epoch: 1, digest }, sealed)
}

#[tokio::test]
async fn a_parcel_gets_through_a_slow_line_however_long_it_takes() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let line = line_to(&served, Pace { per_second: 2_000_000, ..Pace::default() });
    let client = client_over(&served, &a, line.port()).await;
    let (handover, sealed) = parcel(8_000_000);
    let started = Instant::now();
    let accepted = client.hand_in(&handover, sealed.clone()).await.unwrap();
    assert!(started.elapsed() > Duration::from_secs(3), "the line was slow");
    assert_eq!(accepted.state, ParcelState::Accepted);
    assert_eq!(client.hand_in(&handover, sealed.clone()).await.unwrap(), accepted, "again, it is there");
    let receiver = client_over(&served, &b, served.address.port()).await;
    assert_eq!(receiver.fetch(handover.id).await.unwrap(), sealed);
}

#[tokio::test]
async fn a_line_that_stands_still_is_given_up() {
    let served = Served::start().await;
    let (a, _b) = (served.node(A).await, served.node(B).await);
    let line = line_to(&served, Pace { per_second: 4_000_000, most: 1_000_000, ..Pace::default() });
    let client = client_over(&served, &a, line.port()).await;
    let (handover, sealed) = parcel(10_000_000);
    let given_up = tokio::time::timeout(Duration::from_mins(1), client.hand_in(&handover, sealed)).await;
    assert!(matches!(given_up, Ok(Err(ClientError::Unreachable(_)))), "{given_up:?}");
    assert_eq!(served.store.sent_parcel(no(A), handover.id).await.unwrap(), None);
}

/// A parcel whose bytes are not all the same: a piece that was left out or doubled is seen.
fn colourful_parcel(size: u32) -> (Handover, Bytes) {
    let (handover, _) = parcel(0);
    let sealed: Bytes = (0..size).flat_map(u32::to_le_bytes).take(size as usize).collect();
    let digest = Sha256Digest(Sha256::digest(&sealed).into());
    (Handover { digest, ..handover }, sealed)
}

#[tokio::test]
async fn a_parcel_arrives_over_a_line_that_is_cut_before_it_could_carry_the_whole() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let line = line_to(&served, Pace::default());
    let mut client = client_over(&served, &a, line.port()).await;
    // As 10 MB at 0.3 Mbit/s with a cut every 30 s, only faster: at most 0.9 MB of 5 MB between two cuts.
    let bad = Pace { per_second: 1_500_000, life: Duration::from_millis(600), ..Pace::default() };
    line.set_pace(bad);
    let (handover, sealed) = colourful_parcel(5_000_000);
    let whole = a.client.put(format!("https://127.0.0.1:{}/v1/parcels/{}", line.port(), handover.id));
    let whole = a.heads_of(whole, &handover.to.to_string(), &sealed).body(sealed.clone());
    assert!(whole.send().await.is_err(), "the whole does not get through at once");
    assert_eq!(served.store.sent_parcel(no(A), handover.id).await.unwrap(), None);

    let (carried, cuts) = (line.carried(), line.cuts());
    // The node tries again when not even asking was possible; once it is started anew meanwhile.
    let mut tries = 0;
    while let Err(error) = client.hand_in(&handover, sealed.clone()).await {
        assert!(matches!(error, ClientError::Unreachable(_)), "{error:?}");
        if tries == 0 {
            line.set_pace(Pace::default());
            client = client_over(&served, &a, line.port()).await;
            line.set_pace(bad);
        }
        tries += 1;
        assert!(tries < 40, "it does not arrive");
    }
    assert!(line.cuts() > cuts + 3, "only {} cuts", line.cuts() - cuts);
    let carried = line.carried() - carried;
    assert!(carried < 8_000_000, "{carried} bytes for 5,000,000: what had arrived was sent again");
    let receiver = client_over(&served, &b, served.address.port()).await;
    assert_eq!(receiver.fetch(handover.id).await.unwrap(), sealed);
    served.is_sound().await;
}

#[tokio::test]
async fn a_node_that_was_started_anew_sends_only_the_rest() {
    let served = Served::start().await;
    let (a, b) = (served.node(A).await, served.node(B).await);
    let line = line_to(&served, Pace { per_second: 2_000_000, ..Pace::default() });
    let (handover, sealed) = colourful_parcel(6_000_000);
    {
        // The program ends in the middle of it.
        let client = client_over(&served, &a, line.port()).await;
        let before = line.carried();
        let half_way = async {
            while line.carried() - before < 3_000_000 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            answer = client.hand_in(&handover, sealed.clone()) => panic!("it was not cut: {answer:?}"),
            () = half_way => {}
        }
    }
    line.set_pace(Pace::default());
    let client = client_over(&served, &a, line.port()).await;
    let before = line.carried();
    client.hand_in(&handover, sealed.clone()).await.unwrap();
    let rest = line.carried() - before;
    assert!(rest < 5_000_000, "{rest} bytes were sent again");
    // Now the answer is lost: nothing is sent to hear it again.
    let before = line.carried();
    client.hand_in(&handover, sealed.clone()).await.unwrap();
    assert!(line.carried() - before < 10_000, "{} bytes for an answer", line.carried() - before);
    let receiver = client_over(&served, &b, served.address.port()).await;
    assert_eq!(receiver.fetch(handover.id).await.unwrap(), sealed);
}
