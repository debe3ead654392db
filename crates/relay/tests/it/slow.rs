//! A node behind a line that is slow, or stands still.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tasuki_client::{ClientError, Handover, Patience, RelayAddress, RelayClient};
use tasuki_identity::chain::CertificateChain;
use tasuki_protocol::parcel::ParcelState;
use tasuki_relay::store::Parcels as _;
use tasuki_terms::Sha256Digest;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::served::{Node, PASSWORD, Served, new_id};
use crate::world::{A, B, no};

/// Where the line takes so many bytes a second towards the relay, and none after so many.
fn line_to(relay: SocketAddr, per_second: usize, most: usize) -> SocketAddr {
    let socket = TcpSocket::new_v4().unwrap();
    // What is on the line is not to hide in the buffers of the machine.
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let listener = socket.listen(16).unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(relay).await.unwrap();
            let ((mut near_read, mut near_write), (mut far_read, mut far_write)) =
                (near.into_split(), far.into_split());
            tokio::spawn(async move { tokio::io::copy(&mut far_read, &mut near_write).await });
            tokio::spawn(async move {
                let (mut piece, mut passed) = (vec![0; per_second / 20], 0);
                while let Ok(read @ 1..) = near_read.read(&mut piece).await {
                    passed += read;
                    if passed > most {
                        std::future::pending::<()>().await;
                    }
                    far_write.write_all(&piece[..read]).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            });
        }
    });
    address
}

async fn client_over(served: &Served, node: &Node, line: SocketAddr) -> RelayClient {
    let root = CertificateChain::new(vec![served.folder.root_certificate().unwrap().to_vec()]).to_pem();
    let second = Duration::from_secs(1);
    let patience = Patience { connect: 10 * second, read: second, upload: 3 * second };
    let address = RelayAddress::new(&format!("https://127.0.0.1:{}", line.port()), root.as_bytes()).unwrap();
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
    let client = client_over(&served, &a, line_to(served.address, 2_000_000, usize::MAX)).await;
    let (handover, sealed) = parcel(8_000_000);
    let started = Instant::now();
    let accepted = client.hand_in(&handover, sealed.clone()).await.unwrap();
    assert!(started.elapsed() > Duration::from_secs(3), "the line was slow");
    assert_eq!(accepted.state, ParcelState::Accepted);
    assert_eq!(client.hand_in(&handover, sealed.clone()).await.unwrap(), accepted, "again, it is there");
    let receiver = client_over(&served, &b, served.address).await;
    assert_eq!(receiver.fetch(handover.id).await.unwrap(), sealed);
}

#[tokio::test]
async fn a_line_that_stands_still_is_given_up() {
    let served = Served::start().await;
    let (a, _b) = (served.node(A).await, served.node(B).await);
    let client = client_over(&served, &a, line_to(served.address, 4_000_000, 1_000_000)).await;
    let (handover, sealed) = parcel(10_000_000);
    let given_up = tokio::time::timeout(Duration::from_mins(1), client.hand_in(&handover, sealed)).await;
    assert!(matches!(given_up, Ok(Err(ClientError::Unreachable(_)))), "{given_up:?}");
    assert_eq!(served.store.sent_parcel(no(A), handover.id).await.unwrap(), None);
}
