//! What arrives and is not what it should be: kept, told to both sides, and never shown as good.

use jiff::Timestamp;
use tasuki_identity::office_key::OfficeKey;
use tasuki_office::arrivals::{Arrival, ArrivalState};
use tasuki_parcel::manifest::FileKind;
use tasuki_parcel::seal::{Enclosure, Letter, Sender, seal};
use tasuki_protocol::parcel::ParcelState;
use tasuki_protocol::receipt::RefusalReason;
use tasuki_terms::ParcelId;

use crate::other::{Other, new_id, other};
use crate::world::{CARE, DAY, VISITS, World, deletion, no, until_arrived};

/// Seals one file for CARE as `sender` says, whoever that is.
async fn sealed(
    world: &World,
    from: &Other,
    sender: Sender<'_>,
    id: ParcelId,
    file: (&str, &[u8]),
) -> Vec<u8> {
    let receiver = from.key_of(world, CARE).await;
    let mut contents = std::io::Cursor::new(file.1);
    let kind = if file.0.ends_with("CSV") { FileKind::Standard } else { FileKind::Attachment };
    let mut enclosures = [Enclosure { name: file.0.parse().unwrap(), kind, contents: &mut contents }];
    let letter = Letter { id, staff: "", message: "", created_at: Timestamp::now(), log_head: None };
    let mut bytes = Vec::new();
    seal(&mut bytes, letter, &mut enclosures, sender, &receiver).unwrap();
    bytes
}

fn sender(office: &Other) -> Sender<'_> {
    Sender { statement: &office.statement, signing_key: &office.key, chain: &office.chain }
}

async fn first_arrival(care: &tasuki_office::node::Node) -> Arrival {
    until_arrived(care, CARE, 1).await.remove(0)
}

async fn is_told(office: &Other, id: ParcelId, reason: Option<RefusalReason>) {
    for _ in 0..200 {
        let known = office.client.parcel(id).await.unwrap();
        if known.parcel.state == ParcelState::Refused {
            assert_eq!(known.receipts.last().unwrap().receipt.reason, reason);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the sender is not told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_a_damaged_and_a_foreign_arrival_are_refused_and_told() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    let (visits, day) = (other(&world, VISITS).await, other(&world, DAY).await);
    let good = deletion(VISITS, CARE, 1);

    // DAY seals and signs as itself, and VISITS hands it in as its own: whoever shows it must not believe either.
    let forged = new_id(1);
    let bytes = sealed(&world, &day, sender(&day), forged, (&good.name, &good.bytes)).await;
    visits.hand_in(CARE, forged, 1, bytes).await;
    let arrival = first_arrival(&care).await;
    assert_eq!(arrival.state, ArrivalState::Refused);
    assert!(arrival.inside.refusal.contains("送信元を確かめられない"), "{}", arrival.inside.refusal);
    assert!(care.open_arrival(no(CARE), arrival.id).is_err());
    is_told(&visits, forged, Some(RefusalReason::Sender)).await;

    // Under another number than it was sealed for.
    let moved = new_id(2);
    let bytes = sealed(&world, &visits, sender(&visits), new_id(3), (&good.name, &good.bytes)).await;
    visits.hand_in(CARE, moved, 1, bytes).await;
    until_arrived(&care, CARE, 2).await;
    is_told(&visits, moved, Some(RefusalReason::Damaged)).await;

    // Bytes of nothing.
    let noise = new_id(4);
    visits.hand_in(CARE, noise, 1, b"anything at all".repeat(40)).await;
    let all = until_arrived(&care, CARE, 3).await;
    is_told(&visits, noise, Some(RefusalReason::Damaged)).await;
    assert!(all.iter().all(|arrival| arrival.state == ArrivalState::Refused));

    // And a good one comes behind them, from whom it says.
    let fine = new_id(5);
    let bytes = sealed(&world, &visits, sender(&visits), fine, (&good.name, &good.bytes)).await;
    visits.hand_in(CARE, fine, 1, bytes).await;
    let all = until_arrived(&care, CARE, 4).await;
    let arrived = all.iter().find(|arrival| arrival.parcel == fine).unwrap();
    assert_eq!((arrived.state, arrived.sender), (ArrivalState::Unread, no(VISITS)));
    assert_eq!(care.check().unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sealed_for_a_key_that_nobody_has_is_refused() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    let visits = other(&world, VISITS).await;
    let id = new_id(1);
    let file = deletion(VISITS, CARE, 1);
    let mut contents = std::io::Cursor::new(file.bytes);
    let mut enclosures =
        [Enclosure { name: file.name.parse().unwrap(), kind: FileKind::Standard, contents: &mut contents }];
    let letter = Letter { id, staff: "", message: "", created_at: Timestamp::now(), log_head: None };
    let strange = tasuki_identity::statement::KeyStatement {
        key: OfficeKey::generate().public(),
        ..visits.key_of(&world, CARE).await
    };
    let mut bytes = Vec::new();
    seal(&mut bytes, letter, &mut enclosures, sender(&visits), &strange).unwrap();
    visits.hand_in(CARE, id, 1, bytes).await;
    let arrival = first_arrival(&care).await;
    assert_eq!(arrival.state, ArrivalState::Refused);
    assert!(arrival.inside.refusal.contains("鍵では開けません"), "{}", arrival.inside.refusal);
    is_told(&visits, id, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_exchanged_is_refused() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    let visits = other(&world, VISITS).await;
    let id = new_id(1);
    // A program under the name of a picture.
    let bytes = sealed(&world, &visits, sender(&visits), id, ("地図.png", b"MZ\x90\x00 program")).await;
    visits.hand_in(CARE, id, 1, bytes).await;
    let arrival = first_arrival(&care).await;
    assert_eq!(arrival.state, ArrivalState::Refused);
    assert!(arrival.inside.refusal.contains("種類"), "{}", arrival.inside.refusal);
    is_told(&visits, id, Some(RefusalReason::Contents)).await;
}

/// The relay lets one number stand in an inbox and among what was sent: here they lie apart.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_to_oneself_is_kept_twice() {
    let world = World::new().await;
    let care = world.node(CARE).await;
    let id = crate::world::send(&care, CARE, vec![deletion(CARE, CARE, 7)]);
    let arrived = first_arrival(&care).await;
    let own = care.send(no(CARE), id).unwrap().parcel.unwrap();
    assert_eq!(own, arrived.parcel);
    assert_eq!(care.open_sent(no(CARE), own).unwrap().files.len(), 1);
    assert_eq!(care.open_arrival(no(CARE), arrived.id).unwrap().files.len(), 1);
    assert_eq!(care.check().unwrap(), []);
}
