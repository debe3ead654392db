//! What a caller of any store may rely on.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use sha2::{Digest as _, Sha256};
use tasuki_identity::key_log::hash_after;
use tasuki_protocol::directory::{OfficeSearch, Participation};
use tasuki_protocol::limits::SESSIONS;
use tasuki_protocol::mailbox::{Cursor, Side};
use tasuki_protocol::parcel::ParcelState;
use tasuki_protocol::receipt::{ReceiptKind, RefusalReason};
use tasuki_relay::store::{
    Acceptance, Enrolment, Holdings, KeyOutcome, Leap, Locked, NewAccount, NewCertificate, NewKey,
    NewSession, OPERATOR_CHAIN, Offer, ReceiptOutcome, Usage, Withdrawal,
};
use tasuki_terms::{LogHead, Logged, Sha256Digest};

use crate::world::{
    A, B, C, KEPT, World, account, at, by, certificate, contents, id, key, kj, no, offer, record, signed,
};

/// Makes a test of each promise for the stores that an expression gives.
macro_rules! contract {
    ($world:expr) => {
        crate::contract::contract!($world;
            a_parcel_waits_for_its_receiver_and_nobody_else
            the_same_offer_again_gives_the_same_answer
            an_offer_is_refused_for_the_reason_that_holds
            many_at_once_with_one_number_are_one_parcel
            a_cursor_skips_nothing_that_is_sent_meanwhile
            contents_are_read_in_any_piece
            a_parcel_is_taken_back_until_it_is_fetched
            a_number_taken_back_before_its_parcel_comes_is_never_taken
            numbers_taken_back_ahead_are_bounded_for_each_office
            receipts_move_a_parcel_on_and_are_kept
            receipts_that_are_not_true_are_refused
            a_refusal_is_kept_with_its_reason
            what_waits_is_counted_apart_and_limited_for_both_sides
            acknowledged_contents_are_let_go_early_when_the_operator_wants_it
            a_parcel_that_nobody_fetched_expires_after_a_warning
            nothing_expires_without_a_warning_however_late_it_comes
            a_clock_that_leaps_is_not_believed_until_it_is_confirmed
            contents_are_let_go_after_a_receipt
            what_was_acknowledged_is_listed_while_its_contents_are_there
            events_tell_both_sides_what_changed
            changes_are_told_when_they_are_durable
            the_directory_is_searched_as_people_type
            the_directory_says_who_takes_part
            a_newer_key_takes_the_place_of_an_older
            keys_and_certificates_stand_in_one_log
            an_account_belongs_to_one_office
            an_enrolment_password_works_once_and_for_a_while
            an_enrolment_whose_answer_was_lost_is_answered_again
            failures_are_counted_and_forgotten
            of_many_failures_at_once_as_many_count_as_in_turn
            wrong_enrolments_lock_nobody_out_and_do_not_fill_the_log
            a_session_works_over_its_certificate_for_its_time
            the_oldest_session_ends_when_there_are_too_many
            a_changed_password_ends_other_sessions
            a_new_account_changes_the_directory
            a_revoked_node_has_no_certificate_left
            a_renewal_leaves_two_certificates_valid
            a_revoked_certificate_and_a_suspended_office_lose_their_sessions
            every_act_is_in_the_audit_log
            numbers_add_up
        );
    };
    ($world:expr; $($promise:ident)*) => {
        $(
            #[tokio::test]
            async fn $promise() {
                let world = $world;
                world.populate().await;
                crate::contract::$promise(&world).await;
                world.is_sound().await;
            }
        )*
    };
}
pub(crate) use contract;

pub(crate) async fn a_parcel_waits_for_its_receiver_and_nobody_else(world: &World) {
    let parcel = world.send(A, B, 1).await;
    assert_eq!(world.inbox(B).await, [id(1)]);
    assert_eq!(world.inbox(A).await, []);
    let store = &world.store;
    assert_eq!(store.inbox_parcel(no(B), id(1)).await.unwrap().unwrap().parcel, parcel);
    assert_eq!(store.sent_parcel(no(A), id(1)).await.unwrap().unwrap().parcel, parcel);
    for (office, other) in [(A, "inbox"), (C, "inbox"), (B, "sent"), (C, "sent")] {
        let found = match other {
            "inbox" => store.inbox_parcel(no(office), id(1)).await,
            _ => store.sent_parcel(no(office), id(1)).await,
        };
        assert_eq!(found.unwrap(), None, "{office} {other}");
    }
    assert_eq!(store.fetch(no(C), id(1), by(1)).await.unwrap(), None);
    assert_eq!(store.fetch(no(A), id(1), by(1)).await.unwrap(), None);
    assert_eq!(store.withdraw(no(B), id(1), by(1)).await.unwrap(), Withdrawal::NotFound);
    // To a third office the number is one that it has not handed in: it takes back its own, and nothing of A's.
    assert_eq!(store.withdraw(no(C), id(1), by(1)).await.unwrap(), Withdrawal::Withdrawn);
    assert_eq!(world.inbox(B).await, [id(1)]);
}

pub(crate) async fn the_same_offer_again_gives_the_same_answer(world: &World) {
    let parcel = world.send(A, B, 1).await;
    let again = world.store.accept(offer(A, B, 1), contents(1).into(), by(500)).await.unwrap();
    assert_eq!(again, Acceptance::Same(parcel.clone()));
    assert_eq!(world.store.may_accept(&offer(A, B, 1), at(500)).await.unwrap(), Acceptance::Same(parcel));
    let other = Offer { digest: Sha256Digest([9; 32]), ..offer(A, B, 1) };
    assert_eq!(world.store.accept(other, contents(1).into(), by(500)).await.unwrap(), Acceptance::Conflict);
    let elsewhere = Offer { to: no(A), ..offer(A, B, 1) };
    assert_eq!(
        world.store.accept(elsewhere, contents(1).into(), by(500)).await.unwrap(),
        Acceptance::Conflict
    );
    assert_eq!(world.inbox(B).await.len(), 1);
}

pub(crate) async fn an_offer_is_refused_for_the_reason_that_holds(world: &World) {
    world.store.put_offices(vec![record("1370000043")], by(0)).await.unwrap();
    world.store.put_account(account("1370000043", 4), by(0)).await.unwrap();
    world.store.publish_key(key("1370000043", 1), by(0)).await.unwrap();
    world.store.set_suspended(no("1370000043"), true, by(0)).await.unwrap();
    world.store.publish_key(key(B, 2), by(0)).await.unwrap();
    let current = |number| Offer { key_epoch: 2, ..offer(A, B, number) };
    let cases = [
        (offer(A, "1370000051", 1), Acceptance::ReceiverUnknown),
        (offer(A, C, 1), Acceptance::ReceiverNotEnrolled),
        (offer(A, "1370000043", 1), Acceptance::ReceiverSuspended),
        (offer(A, B, 1), Acceptance::KeyOutdated),
        (Offer { mailbox_bytes: 10, ..current(1) }, Acceptance::MailboxFull),
    ];
    for (offer, expected) in cases {
        assert_eq!(world.store.may_accept(&offer, at(0)).await.unwrap(), expected);
        assert_eq!(world.store.accept(offer, contents(1).into(), by(0)).await.unwrap(), expected);
    }
    let just = Offer { mailbox_bytes: contents(1).len() as u64, ..current(1) };
    assert!(matches!(world.store.accept(just, contents(1).into(), by(0)).await.unwrap(), Acceptance::New(_)));
    let one_more = Offer { mailbox_bytes: contents(1).len() as u64, ..current(2) };
    assert_eq!(
        world.store.accept(one_more, contents(2).into(), by(0)).await.unwrap(),
        Acceptance::MailboxFull
    );
}

pub(crate) async fn many_at_once_with_one_number_are_one_parcel(world: &World) {
    let sends = (0..50).map(|number| {
        let digest = if number % 5 == 4 { Sha256Digest([9; 32]) } else { offer(A, B, 1).digest };
        world.store.accept(Offer { digest, ..offer(A, B, 1) }, contents(1).into(), by(0))
    });
    // The first of them has the right digest, and jobs are done in their order.
    let answers = join_all(sends).await;
    let count = |wanted: fn(&Acceptance) -> bool| answers.iter().filter(|answer| wanted(answer)).count();
    assert_eq!(count(|answer| matches!(answer, Acceptance::New(_))), 1);
    assert_eq!(count(|answer| matches!(answer, Acceptance::Same(_))), 39);
    assert_eq!(count(|answer| matches!(answer, Acceptance::Conflict)), 10);
    assert_eq!(world.inbox(B).await, [id(1)]);
}

async fn join_all<F: Future<Output = Result<T, E>>, T, E: std::fmt::Debug>(
    futures: impl Iterator<Item = F>,
) -> Vec<T> {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    let mut answers: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, answer) in futures.iter_mut().zip(&mut answers) {
            if answer.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *answer = Some(ready.unwrap());
            }
        }
        if answers.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    answers.into_iter().flatten().collect()
}

pub(crate) async fn a_cursor_skips_nothing_that_is_sent_meanwhile(world: &World) {
    let send = |number: u8| world.store.accept(offer(A, B, number), contents(number).into(), by(0));
    let mut seen = Vec::new();
    let mut cursor = Cursor { after: 0, limit: 7 };
    for round in 0..10 {
        let (_, page) = tokio::join!(
            join_all((0..20).map(|number| send(round * 20 + number))),
            world.store.inbox(no(B), cursor)
        );
        let page = page.unwrap();
        cursor.after = page.next_after;
        seen.extend(page.entries.into_iter().map(|entry| entry.parcel.id));
    }
    loop {
        let page = world.store.inbox(no(B), cursor).await.unwrap();
        cursor.after = page.next_after;
        seen.extend(page.entries.iter().map(|entry| entry.parcel.id));
        if !page.more {
            break;
        }
    }
    assert_eq!(seen.len(), 200);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>().len(), 200);
}

pub(crate) async fn contents_are_read_in_any_piece(world: &World) {
    world.send(A, B, 1).await;
    let fetched = world.store.fetch(no(B), id(1), by(5)).await.unwrap().unwrap();
    assert_eq!(world.store.fetch(no(B), id(1), by(6)).await.unwrap().unwrap(), fetched);
    let all = contents(1);
    let size = all.len() as u64;
    for range in [0..size, 0..1, 10..20, size - 1..size, 5..5, size..size, 0..size + 10, size + 1..size + 5] {
        let piece = world.store.contents(no(B), fetched.seq, range.clone()).await.unwrap().unwrap();
        let [start, end] = [range.start, range.end].map(|at| usize::try_from(at.min(size)).unwrap());
        assert_eq!(piece, all[start..end], "{range:?}");
    }
    assert_eq!(world.store.contents(no(A), fetched.seq, 0..1).await.unwrap(), None);
    assert_eq!(world.store.contents(no(B), fetched.seq + 1, 0..1).await.unwrap(), None);
}

pub(crate) async fn a_parcel_is_taken_back_until_it_is_fetched(world: &World) {
    world.send(A, B, 1).await;
    world.send(A, B, 2).await;
    for _ in 0..2 {
        assert_eq!(world.store.withdraw(no(A), id(1), by(1)).await.unwrap(), Withdrawal::Withdrawn);
    }
    assert_eq!(world.inbox(B).await, [id(2)]);
    assert_eq!(world.store.inbox_parcel(no(B), id(1)).await.unwrap(), None);
    assert_eq!(world.store.fetch(no(B), id(1), by(1)).await.unwrap(), None);
    let sent = world.store.sent_parcel(no(A), id(1)).await.unwrap().unwrap();
    assert_eq!(sent.parcel.state, ParcelState::Withdrawn);

    let fetched = world.store.fetch(no(B), id(2), by(1)).await.unwrap().unwrap();
    assert_eq!(world.store.withdraw(no(A), id(2), by(2)).await.unwrap(), Withdrawal::AlreadyFetched);
    assert!(world.store.contents(no(B), fetched.seq, 0..1).await.unwrap().is_some());
    let one = Usage { parcels: 1, bytes: contents(2).len() as u64 };
    let holdings = world.store.holdings(no(B)).await.unwrap();
    assert_eq!(holdings, Holdings { held: one, waiting: one, outstanding: Usage::default() });
}

pub(crate) async fn what_waits_is_counted_apart_and_limited_for_both_sides(world: &World) {
    let size = |number| contents(number).len() as u64;
    let one_at_a_time =
        |number| Offer { outstanding: Usage { parcels: 1, bytes: 5000 }, ..offer(A, B, number) };
    let few_bytes =
        |number| Offer { outstanding: Usage { parcels: 9, bytes: size(1) }, ..offer(A, B, number) };
    let small_box = |number| Offer { mailbox_bytes: size(1), ..offer(A, B, number) };
    let parcel = world.send(A, B, 1).await;
    let full = [
        (one_at_a_time(2), Acceptance::TooMuchOutstanding),
        (few_bytes(2), Acceptance::TooMuchOutstanding),
        (small_box(2), Acceptance::MailboxFull),
    ];
    for (offer, expected) in &full {
        assert_eq!(world.store.may_accept(offer, at(0)).await.unwrap(), *expected);
        assert_eq!(world.store.accept(offer.clone(), contents(2).into(), by(0)).await.unwrap(), *expected);
    }
    // What was acknowledged is held, and limits nobody.
    world.receipt(&parcel, ReceiptKind::Received).await;
    let held = Usage { parcels: 1, bytes: size(1) };
    let receiver = world.store.holdings(no(B)).await.unwrap();
    assert_eq!(receiver, Holdings { held, ..Holdings::default() });
    assert_eq!(world.store.holdings(no(A)).await.unwrap(), Holdings::default());
    for (offer, _) in full {
        let may = world.store.may_accept(&Offer { size: size(1), ..offer }, at(0)).await.unwrap();
        assert!(matches!(may, Acceptance::New(_)), "{may:?}");
    }
    // Nor does what was taken back, or has expired.
    world.send(A, B, 3).await;
    let outstanding = world.store.holdings(no(A)).await.unwrap().outstanding;
    assert_eq!(outstanding, Usage { parcels: 1, bytes: size(3) });
    world.store.withdraw(no(A), id(3), by(1)).await.unwrap();
    assert_eq!(world.store.holdings(no(A)).await.unwrap(), Holdings::default());
}

pub(crate) async fn acknowledged_contents_are_let_go_early_when_the_operator_wants_it(world: &World) {
    let fetched = world.send(A, B, 1).await;
    world.send(A, B, 2).await;
    world.receipt(&fetched, ReceiptKind::Received).await;
    world.receipt(&fetched, ReceiptKind::Opened).await;
    let one = Usage { parcels: 1, bytes: contents(1).len() as u64 };
    // The first receipt came at second 60.
    for (before, expected) in [(59, Usage::default()), (60, one)] {
        assert_eq!(world.store.purgeable(at(before)).await.unwrap(), expected, "until {before}");
        assert_eq!(world.store.purge(at(before), 10, by(100)).await.unwrap(), expected, "until {before}");
    }
    assert_eq!(world.store.purge(at(1000), 10, by(100)).await.unwrap(), Usage::default(), "what waits stays");
    assert_eq!(world.store.contents(no(B), 1, 0..1).await.unwrap(), None);
    assert!(world.store.fetch(no(B), id(2), by(101)).await.unwrap().is_some());
    let parcel = world.store.sent_parcel(no(A), id(1)).await.unwrap().unwrap();
    assert_eq!((parcel.parcel.state, parcel.receipts.len()), (ParcelState::Opened, 2), "its evidence stays");
    let actions: Vec<_> = world
        .store
        .audit(OPERATOR_CHAIN, 0, 100)
        .await
        .unwrap()
        .into_iter()
        .map(|entry| entry.action)
        .collect();
    assert_eq!(actions.iter().filter(|action| *action == "contents.purge").count(), 1, "{actions:?}");
}

pub(crate) async fn a_number_taken_back_before_its_parcel_comes_is_never_taken(world: &World) {
    for _ in 0..2 {
        assert_eq!(world.store.withdraw(no(A), id(1), by(1)).await.unwrap(), Withdrawal::Withdrawn);
    }
    let years = 3 * 365 * 24 * 3600;
    for seconds in [2, years] {
        world.store.tend(SignedDuration::ZERO, 100, by(seconds)).await.unwrap();
        assert_eq!(
            world.store.may_accept(&offer(A, B, 1), at(seconds)).await.unwrap(),
            Acceptance::Withdrawn
        );
        let late = world.store.accept(offer(A, B, 1), contents(1).into(), by(seconds)).await.unwrap();
        assert_eq!(late, Acceptance::Withdrawn);
    }
    assert_eq!(world.inbox(B).await, []);
    // The number is A's alone: B's parcel of the same number is another.
    assert!(matches!(
        world.store.accept(offer(B, A, 1), contents(1).into(), by(2)).await.unwrap(),
        Acceptance::New(_)
    ));
    // What was handed in and taken back is refused in the same way.
    world.send(A, B, 2).await;
    world.store.withdraw(no(A), id(2), by(3)).await.unwrap();
    let again = world.store.accept(offer(A, B, 2), contents(2).into(), by(4)).await.unwrap();
    assert_eq!(again, Acceptance::Withdrawn);
    // Both at once: whoever is first, nothing waits in the end.
    for number in 10..40 {
        let (accepted, withdrawn) = tokio::join!(
            world.store.accept(offer(A, B, number), contents(number).into(), by(5)),
            world.store.withdraw(no(A), id(number), by(5))
        );
        assert!(matches!(accepted.unwrap(), Acceptance::New(_) | Acceptance::Withdrawn));
        assert_eq!(withdrawn.unwrap(), Withdrawal::Withdrawn);
    }
    assert_eq!(world.inbox(B).await, []);
}

pub(crate) async fn numbers_taken_back_ahead_are_bounded_for_each_office(world: &World) {
    let number = |count: u64| {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&count.to_be_bytes());
        tasuki_terms::ParcelId::new(at(0), random)
    };
    let withdraw = |count, seconds| world.store.withdraw(no(A), number(count), by(seconds));
    join_all((0..10_000).map(|count| withdraw(count, 0))).await;
    assert_eq!(withdraw(10_000, 1).await.unwrap(), Withdrawal::TooMany);
    assert_eq!(withdraw(5, 1).await.unwrap(), Withdrawal::Withdrawn, "what is known stays known");
    let other = world.store.withdraw(no(B), number(10_000), by(1)).await.unwrap();
    assert_eq!(other, Withdrawal::Withdrawn, "an office fills only its own");
    let next_year = 401 * 24 * 3600;
    assert_eq!(withdraw(10_000, next_year).await.unwrap(), Withdrawal::Withdrawn);
}

pub(crate) async fn receipts_move_a_parcel_on_and_are_kept(world: &World) {
    let parcel = world.send(A, B, 1).await;
    for kind in [ReceiptKind::Received, ReceiptKind::Opened, ReceiptKind::Imported] {
        let ReceiptOutcome::Kept(moved) = world.receipt(&parcel, kind).await else { panic!("{kind:?}") };
        assert_eq!(moved.state.as_str(), kind.as_str());
        assert_eq!(world.receipt(&parcel, kind).await, ReceiptOutcome::Same(moved));
    }
    assert!(matches!(world.receipt(&parcel, ReceiptKind::Received).await, ReceiptOutcome::Same(_)));
    assert_eq!(world.receipt(&parcel, ReceiptKind::Refused).await, ReceiptOutcome::Conflict);
    assert_eq!(world.inbox(B).await, []);
    let sent = world.store.sent_parcel(no(A), id(1)).await.unwrap().unwrap();
    let kinds: Vec<_> = sent.receipts.iter().map(|signed| signed.receipt.kind).collect();
    assert_eq!(kinds, [ReceiptKind::Received, ReceiptKind::Opened, ReceiptKind::Imported]);
    assert_eq!(sent.receipts[0], signed(&parcel, ReceiptKind::Received));
}

pub(crate) async fn a_refusal_is_kept_with_its_reason(world: &World) {
    for (number, reason) in [(1, None), (2, Some(RefusalReason::Damaged)), (3, Some(RefusalReason::Sender))] {
        let parcel = world.send(A, B, number).await;
        let mut refused = signed(&parcel, ReceiptKind::Refused);
        refused.receipt.reason = reason;
        refused.receipt.log_head =
            reason.map(|_| LogHead { seq: number.into(), hash: Sha256Digest([number; 32]) });
        world.store.keep_receipt(no(B), refused.clone(), KEPT, by(60)).await.unwrap();
        let seen = world.store.sent_parcel(no(A), id(number)).await.unwrap().unwrap();
        assert_eq!(seen.receipts, [refused]);
    }
}

pub(crate) async fn receipts_that_are_not_true_are_refused(world: &World) {
    let parcel = world.send(A, B, 1).await;
    let other_digest = tasuki_protocol::parcel::Parcel { digest: Sha256Digest([9; 32]), ..parcel.clone() };
    let keep = |office, receipt| world.store.keep_receipt(no(office), receipt, KEPT, by(60));
    let untrue = keep(B, signed(&other_digest, ReceiptKind::Received)).await.unwrap();
    assert_eq!(untrue, ReceiptOutcome::Untrue);
    for office in [A, C] {
        let foreign = keep(office, signed(&parcel, ReceiptKind::Received)).await.unwrap();
        assert_eq!(foreign, ReceiptOutcome::NotFound);
    }
    let early = keep(B, signed(&parcel, ReceiptKind::Imported)).await.unwrap();
    assert_eq!(early, ReceiptOutcome::Conflict);
    assert_eq!(world.inbox(B).await, [id(1)]);
}

pub(crate) async fn a_parcel_that_nobody_fetched_expires_after_a_warning(world: &World) {
    world.send(A, B, 1).await;
    let day = 24 * 3600;
    let tend = |seconds| world.store.tend(SignedDuration::from_hours(7 * 24), 100, by(seconds));
    assert!(tend(82 * day).await.unwrap().is_nothing());
    assert_eq!(tend(83 * day).await.unwrap().warned, 1);
    assert!(tend(83 * day).await.unwrap().is_nothing());
    let sent = world.store.sent_parcel(no(A), id(1)).await.unwrap().unwrap().parcel;
    assert!(sent.expires_soon && sent.state == ParcelState::Accepted);
    assert_eq!(world.inbox(B).await, [id(1)]);

    assert_eq!(tend(90 * day).await.unwrap().expired, 1);
    assert!(tend(90 * day).await.unwrap().is_nothing());
    assert_eq!(world.inbox(B).await, []);
    assert_eq!(world.store.inbox_parcel(no(B), id(1)).await.unwrap(), None);
    let sent = world.store.sent_parcel(no(A), id(1)).await.unwrap().unwrap().parcel;
    assert_eq!(sent.state, ParcelState::Expired);
    assert_eq!(world.store.withdraw(no(A), id(1), by(91 * day)).await.unwrap(), Withdrawal::NotFound);
    assert_eq!(world.store.holdings(no(B)).await.unwrap(), Holdings::default());
}

pub(crate) async fn nothing_expires_without_a_warning_however_late_it_comes(world: &World) {
    world.send(A, B, 1).await;
    let day = 24 * 3600;
    let tend = |seconds| world.store.tend(SignedDuration::from_hours(7 * 24), 100, by(seconds));
    let told = tend(300 * day).await.unwrap();
    assert_eq!((told.warned, told.expired), (1, 0));
    assert!(tend(307 * day - 1).await.unwrap().is_nothing());
    let sent = world.store.sent_parcel(no(A), id(1)).await.unwrap().unwrap().parcel;
    assert_eq!((sent.expires_soon, sent.expires_at), (true, at(307 * day)), "both sides see until when");
    assert!(world.store.fetch(no(B), id(1), by(306 * day)).await.unwrap().is_some());
    assert_eq!(tend(307 * day).await.unwrap().expired, 1);
}

pub(crate) async fn a_clock_that_leaps_is_not_believed_until_it_is_confirmed(world: &World) {
    let day = 24 * 3600;
    let note = async |seconds| world.store.note_time(at(seconds)).await.unwrap();
    for seconds in [0, 60, day + 60, 120, day] {
        assert_eq!(note(seconds).await, Ok(()), "{seconds}");
    }
    for seconds in [2 * day + 1, 100 * day] {
        assert_eq!(note(seconds).await, Err(Leap { seen: at(day) }));
    }
    assert_eq!(note(day + 1).await, Ok(()), "it shows the right time again");
    world.store.confirm_time(by(100 * day)).await.unwrap();
    assert_eq!(world.store.seen_time().await.unwrap(), Some(at(100 * day)));
    assert_eq!(note(100 * day + 60).await, Ok(()));
}

pub(crate) async fn contents_are_let_go_after_a_receipt(world: &World) {
    let parcel = world.send(A, B, 1).await;
    world.store.fetch(no(B), id(1), by(1)).await.unwrap();
    world.receipt(&parcel, ReceiptKind::Received).await;
    let day = 24 * 3600;
    let tend = |seconds| world.store.tend(SignedDuration::from_hours(7 * 24), 100, by(seconds));
    assert!(tend(29 * day).await.unwrap().is_nothing());
    assert_eq!(tend(31 * day).await.unwrap().released, 1);
    assert_eq!(world.store.fetch(no(B), id(1), by(31 * day)).await.unwrap(), None);
    let kept = world.store.sent_parcel(no(A), id(1)).await.unwrap().unwrap();
    assert_eq!((kept.parcel.state, kept.receipts.len()), (ParcelState::Received, 1));
}

pub(crate) async fn what_was_acknowledged_is_listed_while_its_contents_are_there(world: &World) {
    let kept = async |office: &str, after| {
        let page = world.store.kept(no(office), Cursor { after, limit: 2 }).await.unwrap();
        let ids: Vec<_> = page.entries.iter().map(|entry| entry.parcel.id).collect();
        (ids, page.next_after, page.more)
    };
    let parcels = [world.send(A, B, 1).await, world.send(A, B, 2).await, world.send(A, B, 3).await];
    world.send(A, B, 4).await;
    world.send(A, B, 5).await;
    world.store.withdraw(no(A), id(5), by(1)).await.unwrap();
    assert_eq!(kept(B, 0).await, (vec![], 0, false), "what waits is in the inbox");
    world.receipt(&parcels[2], ReceiptKind::Refused).await;
    for parcel in &parcels[..2] {
        world.receipt(parcel, ReceiptKind::Received).await;
    }
    let (ids, next, more) = kept(B, 0).await;
    assert_eq!((ids, more), (vec![id(1), id(2)], true));
    let (ids, next, more) = kept(B, next).await;
    assert_eq!((ids, more), (vec![id(3)], false));
    assert_eq!(kept(B, next).await, (vec![], next, false));
    assert_eq!(kept(A, 0).await.0, [], "the list is the receiver's");
    assert!(world.store.fetch(no(B), id(1), by(70)).await.unwrap().is_some());
    world.store.tend(SignedDuration::ZERO, 100, by(60 + KEPT.as_secs())).await.unwrap();
    assert_eq!(kept(B, 0).await, (vec![], 0, false));
}

pub(crate) async fn events_tell_both_sides_what_changed(world: &World) {
    let parcel = world.send(A, B, 1).await;
    let events = |office, after| world.store.events(no(office), after, 100);
    let arrival = events(B, 0).await.unwrap();
    assert_eq!(arrival.len(), 1);
    assert_eq!((arrival[0].side, arrival[0].parcel), (Side::Inbox, id(1)));
    let accepted = events(A, 0).await.unwrap();
    assert_eq!((accepted[0].side, accepted[0].state), (Side::Sent, ParcelState::Accepted));

    world.receipt(&parcel, ReceiptKind::Received).await;
    let after = events(A, accepted[0].seq).await.unwrap();
    assert_eq!((after.len(), after[0].state), (1, ParcelState::Received));
    assert_eq!(world.store.last_seq(no(A)).await.unwrap(), after[0].seq);
    assert_eq!(events(A, after[0].seq).await.unwrap(), []);
    assert_eq!(events(C, 0).await.unwrap(), []);
}

pub(crate) async fn changes_are_told_when_they_are_durable(world: &World) {
    let mut changes = world.store.changes();
    let parcel = world.send(A, B, 1).await;
    let told: BTreeSet<_> = [changes.recv().await.unwrap(), changes.recv().await.unwrap()].into();
    assert_eq!(told, [no(A), no(B)].into());
    world.receipt(&parcel, ReceiptKind::Received).await;
    let told: BTreeSet<_> = [changes.recv().await.unwrap(), changes.recv().await.unwrap()].into();
    assert_eq!(told, [no(A), no(B)].into());
    world.store.fetch(no(B), id(1), by(70)).await.unwrap();
    assert!(changes.try_recv().is_err());
}

pub(crate) async fn the_directory_is_searched_as_people_type(world: &World) {
    let find = async |search: OfficeSearch, limit| {
        let found = world.store.search(search, limit).await.unwrap();
        let numbers: Vec<_> = found.offices.iter().map(|office| office.no.to_string()).collect();
        (numbers, found.more)
    };
    let q = |q: &str| OfficeSearch { q: q.into(), ..OfficeSearch::default() };
    let all = (vec![C.to_owned(), A.to_owned(), B.to_owned()], false);
    for text in ["", "みほん", "ミホン", "ﾐﾎﾝ", "千代田　みほん", "みほん 0"] {
        assert_eq!(find(q(text), 10).await, all, "{text}");
    }
    assert_eq!(find(q(B), 10).await, (vec![B.to_owned()], false));
    assert_eq!(find(q("00027"), 10).await, (vec![B.to_owned()], false));
    assert_eq!(find(q("ない"), 10).await, (vec![], false));
    assert_eq!(find(q("%"), 10).await, (vec![], false));
    assert_eq!(find(q("みほん"), 2).await, (vec![C.to_owned(), A.to_owned()], true));
    let after = OfficeSearch { after: Some(no(A)), ..OfficeSearch::default() };
    assert_eq!(find(after, 2).await, (vec![B.to_owned()], false));
    let tokyo = OfficeSearch { prefecture: Some(13), ..OfficeSearch::default() };
    assert_eq!(find(tokyo, 10).await, (vec![A.to_owned(), B.to_owned()], false));
    let of = |service: &str| OfficeSearch { service: service.parse().ok(), ..OfficeSearch::default() };
    assert_eq!(find(of("43"), 10).await, all);
    assert_eq!(find(of("15"), 10).await, (vec![], false));
    let active = OfficeSearch { active: true, ..OfficeSearch::default() };
    assert_eq!(find(active, 10).await, (vec![A.to_owned(), B.to_owned()], false));
}

pub(crate) async fn the_directory_says_who_takes_part(world: &World) {
    let participation = async |office: &str| {
        world.store.offices(&[no(office)]).await.unwrap().first().map(|office| office.participation)
    };
    let before = world.store.directory_version().await.unwrap();
    assert_eq!(participation(C).await, Some(Participation::Listed));
    world.store.put_account(account(C, 3), by(10)).await.unwrap();
    assert_eq!(participation(C).await, Some(Participation::Registered));
    world.store.publish_key(key(C, 1), by(10)).await.unwrap();
    assert_eq!(participation(C).await, Some(Participation::Active));
    assert!(world.store.set_suspended(no(C), true, by(10)).await.unwrap());
    assert_eq!(participation(C).await, Some(Participation::Suspended));
    assert!(world.store.set_suspended(no(C), false, by(10)).await.unwrap());
    // A new list from the ministry changes names and not who takes part.
    world.store.put_offices(vec![record(C)], by(10)).await.unwrap();
    assert_eq!(participation(C).await, Some(Participation::Active));
    assert_eq!(participation("1370000051").await, None);
    assert!(!world.store.set_suspended(no("1370000051"), true, by(10)).await.unwrap());
    assert!(world.store.directory_version().await.unwrap() > before);
    let numbers = world.store.offices(&[no(B), no("1370000051"), no(A), no(B)]).await.unwrap();
    assert_eq!(numbers.iter().map(|office| office.no).collect::<Vec<_>>(), [no(A), no(B)]);
}

pub(crate) async fn a_newer_key_takes_the_place_of_an_older(world: &World) {
    let publish = |office, epoch| world.store.publish_key(key(office, epoch), by(0));
    assert_eq!(publish(A, 1).await.unwrap(), KeyOutcome::Same);
    for epoch in [3, u32::MAX] {
        assert_eq!(publish(A, epoch).await.unwrap(), KeyOutcome::NotNext, "none is left out");
    }
    for before in [None, Some(Sha256Digest([7; 32]))] {
        let torn = NewKey { before, ..key(A, 2) };
        assert_eq!(world.store.publish_key(torn, by(0)).await.unwrap(), KeyOutcome::NotNext);
    }
    assert_eq!(publish(A, 2).await.unwrap(), KeyOutcome::Published);
    assert_eq!(publish(A, 3).await.unwrap(), KeyOutcome::Published);
    assert_eq!(publish(A, 2).await.unwrap(), KeyOutcome::NotNewer);
    let other = NewKey { statement: "another".into(), ..key(A, 3) };
    assert_eq!(world.store.publish_key(other, by(0)).await.unwrap(), KeyOutcome::NotNewer);
    let office = &world.store.offices(&[no(A)]).await.unwrap()[0];
    let current = office.key.as_ref().unwrap();
    assert_eq!((current.epoch, current.log_seq), (3, 4));
}

pub(crate) async fn keys_and_certificates_stand_in_one_log(world: &World) {
    let log = async |after, limit| world.store.key_log(Cursor { after, limit }).await.unwrap();
    let renewed = NewCertificate { parent: Some(Sha256Digest([1; 32])), ..certificate(A, 2) };
    for added in [certificate(A, 1), renewed.clone()] {
        assert!(world.store.add_certificate(added, by(1)).await.unwrap());
    }
    assert!(!world.store.add_certificate(renewed, by(1)).await.unwrap(), "known already");
    world.store.publish_key(key(A, 2), by(2)).await.unwrap();
    let all = log(0, 10).await;
    assert_eq!((all.entries.len(), all.more, all.head), (5, false, all.entries[4].head()));
    let fingerprint = |number| Sha256Digest([number; 32]);
    let certificate = |number, parent| Logged::Certificate { fingerprint: fingerprint(number), parent };
    assert_eq!(all.entries[2].logged, certificate(1, None));
    assert_eq!(all.entries[3].logged, certificate(2, Some(fingerprint(1))));
    let statement = key(A, 2).statement;
    let statement_digest = Sha256Digest(Sha256::digest(&statement).into());
    assert_eq!(all.entries[4].logged, Logged::Key { epoch: 2, statement, statement_digest });
    let mut before = LogHead::EMPTY;
    for entry in &all.entries {
        assert_eq!((entry.seq, entry.hash), (before.seq + 1, hash_after(before.hash, entry)));
        before = entry.head();
    }

    // A page leads to the head at its end; without entries it is the newest.
    let page = log(1, 2).await;
    assert_eq!((page.entries.len(), page.more, page.head), (2, true, all.entries[2].head()));
    for after in [5, 9] {
        let page = log(after, 2).await;
        assert_eq!((page.entries.len(), page.more, page.head), (0, false, all.head));
    }
}

pub(crate) async fn an_account_belongs_to_one_office(world: &World) {
    assert!(!world.store.put_account(account(B, 1), by(0)).await.unwrap());
    assert!(!world.store.put_account(account("1370000051", 9), by(0)).await.unwrap());
    let without_password = NewAccount { password_hash: None, ..account(A, 7) };
    assert!(!world.store.put_account(without_password, by(0)).await.unwrap());
    assert!(world.store.put_account(account(A, 5), by(0)).await.unwrap());
    assert_eq!(world.store.accounts(no(A)).await.unwrap(), [kj(1), kj(5)]);
    let of_other = world.store.attempt(no(B), kj(1), at(0)).await.unwrap();
    assert!(of_other.password_hash.is_none() && of_other.enrolment_hash.is_none());
}

pub(crate) async fn an_enrolment_password_works_once_and_for_a_while(world: &World) {
    let enrol = |office, hash: &str, number, seconds| {
        let of = if office == A { kj(1) } else { kj(2) };
        let key = Sha256Digest([number; 32]);
        world.store.enrol(of, hash.to_owned(), key, certificate(office, number), by(seconds))
    };
    assert_eq!(enrol(A, "$wrong", 1, 0).await.unwrap(), Enrolment::Closed);
    assert_eq!(enrol(A, "$enrolment", 1, 3600).await.unwrap(), Enrolment::Closed);
    assert_eq!(enrol(A, "$enrolment", 1, 3599).await.unwrap(), Enrolment::Done);
    assert_eq!(enrol(A, "$enrolment", 2, 3599).await.unwrap(), Enrolment::Closed);
    assert_eq!(world.store.certificates(no(A)).await.unwrap().len(), 1);
    // One of A's office must not be had with B's account.
    let key = Sha256Digest([3; 32]);
    let foreign = world.store.enrol(kj(2), "$enrolment".into(), key, certificate(A, 3), by(0)).await.unwrap();
    assert_eq!(foreign, Enrolment::Closed);
    assert!(world.store.attempt(no(B), kj(2), at(3599)).await.unwrap().enrolment_hash.is_some());
    assert!(world.store.attempt(no(B), kj(2), at(3600)).await.unwrap().enrolment_hash.is_none());
}

pub(crate) async fn an_enrolment_whose_answer_was_lost_is_answered_again(world: &World) {
    let enrol = |hash: &str, key: u8, number, seconds| {
        let key = Sha256Digest([key; 32]);
        world.store.enrol(kj(1), hash.to_owned(), key, certificate(A, number), by(seconds))
    };
    assert_eq!(enrol("$enrolment", 1, 1, 0).await.unwrap(), Enrolment::Done);
    let again = Enrolment::Again { pem: "certificate 1".into(), not_after: at(1_000_000) };
    assert_eq!(enrol("$enrolment", 1, 2, 10).await.unwrap(), again);
    assert_eq!(enrol("$enrolment", 9, 3, 10).await.unwrap(), Enrolment::Closed, "another node");
    assert_eq!(enrol("$wrong", 1, 3, 10).await.unwrap(), Enrolment::Closed);
    assert_eq!(enrol("$enrolment", 1, 3, 3600).await.unwrap(), Enrolment::Closed, "its time is over");
    assert_eq!(world.store.certificates(no(A)).await.unwrap().len(), 1);
    // A new one-time password opens a new enrolment, also for the same key.
    world.store.put_account(account(A, 1), by(20)).await.unwrap();
    assert_eq!(enrol("$enrolment", 1, 4, 30).await.unwrap(), Enrolment::Done);
    world.store.revoke_certificate(no(A), Sha256Digest([4; 32]), None, by(40)).await.unwrap();
    assert_eq!(enrol("$enrolment", 1, 5, 50).await.unwrap(), Enrolment::Closed, "it was revoked");
}

pub(crate) async fn failures_are_counted_and_forgotten(world: &World) {
    // Also for ids that nobody has: a lock must not tell which exist.
    for id in [kj(1), kj(99)] {
        for count in 1..=5 {
            assert_eq!(world.store.note_failure(no(A), id, by(0)).await.unwrap(), Ok(()));
            let attempt = world.store.attempt(no(A), id, at(0)).await.unwrap();
            assert_eq!((attempt.failures, attempt.locked_until), (count, (count == 5).then(|| at(60))));
        }
        let locked = world.store.note_failure(no(A), id, by(59)).await.unwrap();
        assert_eq!(locked, Err(Locked(at(60))), "it does not count, and the lock stays");
        assert_eq!(world.store.attempt(no(A), id, at(59)).await.unwrap().failures, 5);
    }
    begin(world, A, 1, 1, 60).await;
    assert_eq!(world.store.attempt(no(A), kj(1), at(60)).await.unwrap().failures, 0);
    let failures = async || world.store.attempt(no(A), kj(99), at(0)).await.unwrap().failures;
    for (hours, remembered) in [(23, 5), (24, 0)] {
        world.store.tend(SignedDuration::ZERO, 1, by(hours * 3600)).await.unwrap();
        assert_eq!(failures().await, remembered, "after {hours} hours");
    }
}

pub(crate) async fn of_many_failures_at_once_as_many_count_as_in_turn(world: &World) {
    let fail = || world.store.note_failure(no(A), kj(1), by(0));
    let answers = join_all((0..24).map(|_| fail())).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
    assert_eq!(world.store.attempt(no(A), kj(1), at(0)).await.unwrap().locked_until, Some(at(60)));
    // Who was judged before the lock is refused by it all the same.
    world.store.add_certificate(certificate(A, 1), by(0)).await.unwrap();
    let right = world.store.begin_session(session(A, 1, 1, 0), by(0)).await.unwrap();
    assert_eq!(right, Err(Locked(at(60))));
    assert!(!works(world, 1, 1).await);
    let changed = world.store.set_password(kj(1), "$second".into(), "", by(0)).await.unwrap();
    assert_eq!(changed, Err(Locked(at(60))));
    begin(world, A, 1, 1, 60).await;
}

pub(crate) async fn wrong_enrolments_lock_nobody_out_and_do_not_fill_the_log(world: &World) {
    for id in [kj(1), kj(99)] {
        for _ in 0..30 {
            world.store.note_refused_enrolment(no(A), id, by(0)).await.unwrap();
        }
        assert_eq!(world.store.attempt(no(A), id, at(0)).await.unwrap().failures, 0);
    }
    let entries = world.store.audit(A, 0, 100).await.unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.action == "enrolment.refuse").count(), 10);
    begin(world, A, 1, 1, 0).await;
}

/// Begins session `number` over certificate `number` of an office.
async fn begin(world: &World, office: &str, account: u64, number: u8, seconds: i64) {
    world.store.add_certificate(certificate(office, number), by(seconds)).await.unwrap();
    let begun = world.store.begin_session(session(office, account, number, seconds), by(seconds)).await;
    assert_eq!(begun.unwrap(), Ok(()));
}

fn session(office: &str, account: u64, number: u8, seconds: i64) -> NewSession {
    NewSession {
        id: format!("session {number}"),
        kj_id: kj(account),
        office: no(office),
        fingerprint: Sha256Digest([number; 32]),
        access: access(number),
        access_expires_at: at(seconds + 3600),
        refresh: Sha256Digest([100 + number; 32]),
        expires_at: at(seconds + 8 * 3600),
    }
}

fn access(number: u8) -> Sha256Digest {
    Sha256Digest([200 + number; 32])
}

/// Whether the access token of a session works over its certificate.
async fn works(world: &World, number: u8, seconds: i64) -> bool {
    let caller = world.store.caller(Sha256Digest([number; 32]), Some(access(number)), at(seconds));
    caller.await.unwrap().is_some_and(|caller| caller.session.is_some())
}

pub(crate) async fn a_session_works_over_its_certificate_for_its_time(world: &World) {
    begin(world, A, 1, 1, 0).await;
    begin(world, B, 2, 2, 0).await;
    let caller = world.store.caller(Sha256Digest([1; 32]), Some(access(1)), at(10)).await.unwrap().unwrap();
    assert_eq!(caller.certificate.office, no(A));
    assert_eq!(caller.session, Some((kj(1), "session 1".into())));
    assert!(caller.must_change);
    assert!(works(world, 1, 3599).await);
    assert!(!works(world, 1, 3600).await);
    let stolen = world.store.caller(Sha256Digest([2; 32]), Some(access(1)), at(10)).await.unwrap().unwrap();
    assert_eq!(stolen.session, None);
    assert_eq!(world.store.caller(Sha256Digest([9; 32]), Some(access(1)), at(10)).await.unwrap(), None);

    let refresh = |fingerprint: u8, seconds| {
        let (fingerprint, token) = (Sha256Digest([fingerprint; 32]), Sha256Digest([101; 32]));
        world.store.refresh_session(fingerprint, token, access(50), at(seconds + 3600), by(seconds))
    };
    assert_eq!(refresh(2, 4000).await.unwrap(), None);
    let (session, must_change) = refresh(1, 4000).await.unwrap().unwrap();
    assert_eq!((session.id.as_str(), must_change), ("session 1", true));
    let renewed = world.store.caller(Sha256Digest([1; 32]), Some(access(50)), at(4001)).await.unwrap();
    assert!(renewed.unwrap().session.is_some());
    assert_eq!(refresh(1, 8 * 3600).await.unwrap(), None);
    assert!(world.store.end_session(kj(2), "session 2", by(20)).await.unwrap());
    assert!(!world.store.end_session(kj(2), "session 2", by(20)).await.unwrap());
    assert!(!works(world, 2, 20).await);
}

pub(crate) async fn the_oldest_session_ends_when_there_are_too_many(world: &World) {
    let number = u8::try_from(SESSIONS).unwrap() + 2;
    for session in 1..=number {
        begin(world, A, 1, session, i64::from(session)).await;
    }
    let ids: Vec<_> = world.store.sessions(kj(1), at(100)).await.unwrap().into_iter().map(|s| s.id).collect();
    assert_eq!(ids.len(), SESSIONS as usize);
    assert_eq!((ids[0].as_str(), ids.last().unwrap().as_str()), ("session 3", &*format!("session {number}")));
}

pub(crate) async fn a_changed_password_ends_other_sessions(world: &World) {
    begin(world, A, 1, 1, 0).await;
    begin(world, A, 1, 2, 0).await;
    let set = world.store.set_password(kj(1), "$second".into(), "session 2", by(10)).await;
    assert_eq!(set.unwrap(), Ok(()));
    assert!(!works(world, 1, 20).await);
    assert!(works(world, 2, 20).await);
    let attempt = world.store.attempt(no(A), kj(1), at(20)).await.unwrap();
    assert_eq!((attempt.password_hash.as_deref(), attempt.must_change), (Some("$second"), false));
    // A new first password from the operator ends them all.
    assert!(world.store.put_account(account(A, 1), by(30)).await.unwrap());
    assert!(!works(world, 2, 30).await);
}

pub(crate) async fn a_new_account_changes_the_directory(world: &World) {
    let before = world.store.directory_version().await.unwrap();
    assert!(world.store.put_account(account(C, 3), by(0)).await.unwrap());
    assert!(
        world.store.directory_version().await.unwrap() > before,
        "nodes would go on believing it takes no part"
    );
}

/// Registers certificate `number` of office A as a renewal of another.
async fn renewed(world: &World, number: u8, parent: u8) -> bool {
    let parent = Some(Sha256Digest([parent; 32]));
    world.store.add_certificate(NewCertificate { parent, ..certificate(A, number) }, by(20)).await.unwrap()
}

/// Which certificates of office A are valid.
async fn valid(world: &World) -> BTreeSet<u8> {
    let certificates = world.store.certificates(no(A)).await.unwrap();
    let valid = certificates.iter().filter(|certificate| certificate.revoked_at.is_none());
    valid.map(|certificate| certificate.fingerprint.parse::<Sha256Digest>().unwrap().0[0]).collect()
}

/// One node with certificate 1 and its renewals 2 and 3, and one with certificate 9.
async fn two_nodes(world: &World) {
    for number in [1, 9] {
        world.store.add_certificate(certificate(A, number), by(0)).await.unwrap();
    }
    assert!(renewed(world, 2, 1).await);
    assert!(renewed(world, 3, 2).await);
}

pub(crate) async fn a_revoked_node_has_no_certificate_left(world: &World) {
    two_nodes(world).await;
    begin(world, A, 1, 3, 30).await;
    let revoke = |number: u8, over: Option<u8>| {
        let over = over.map(|number| Sha256Digest([number; 32]));
        world.store.revoke_certificate(no(A), Sha256Digest([number; 32]), over, by(40))
    };
    // The node gives up an older one of its own.
    assert!(revoke(2, Some(3)).await.unwrap());
    assert_eq!(valid(world).await, BTreeSet::from([3, 9]));
    // Who has stolen it has renewed meanwhile. Any of its certificates names the node.
    assert!(renewed(world, 4, 3).await);
    assert!(revoke(2, Some(9)).await.unwrap());
    assert_eq!(valid(world).await, BTreeSet::from([9]));
    assert!(!renewed(world, 5, 4).await, "a revoked certificate gets no other one");
    assert!(!renewed(world, 5, 77).await, "nor does one that nobody knows");
    assert!(!works(world, 3, 45).await, "its sessions have ended");
    // A node that gives up itself gives up all of itself.
    assert!(renewed(world, 10, 9).await);
    assert!(revoke(10, Some(10)).await.unwrap());
    assert_eq!(valid(world).await, BTreeSet::new());
}

pub(crate) async fn a_renewal_leaves_two_certificates_valid(world: &World) {
    two_nodes(world).await;
    assert_eq!(valid(world).await, BTreeSet::from([2, 3, 9]));
    // The answer was lost, and the node asks again over the one it has.
    assert!(renewed(world, 4, 2).await);
    assert_eq!(valid(world).await, BTreeSet::from([2, 4, 9]));
    assert!(!renewed(world, 5, 3).await, "whoever else had the answer");
}

pub(crate) async fn a_revoked_certificate_and_a_suspended_office_lose_their_sessions(world: &World) {
    begin(world, A, 1, 1, 0).await;
    begin(world, A, 1, 2, 0).await;
    begin(world, B, 2, 3, 0).await;
    let revoke =
        |office, number| world.store.revoke_certificate(no(office), Sha256Digest([number; 32]), None, by(10));
    assert!(!revoke(B, 1).await.unwrap());
    assert!(revoke(A, 1).await.unwrap());
    assert!(revoke(A, 1).await.unwrap());
    assert!(!works(world, 1, 20).await);
    assert!(works(world, 2, 20).await);
    let revoked = world.store.revoked_certificates().await.unwrap();
    assert_eq!(revoked, [("certificate 1".to_owned(), at(10))]);
    let caller = world.store.caller(Sha256Digest([1; 32]), None, at(20)).await.unwrap().unwrap();
    assert!(caller.certificate.revoked && !caller.certificate.suspended);

    world.store.set_suspended(no(B), true, by(20)).await.unwrap();
    assert!(!works(world, 3, 20).await);
    let caller = world.store.caller(Sha256Digest([3; 32]), None, at(20)).await.unwrap().unwrap();
    assert!(caller.certificate.suspended && !caller.certificate.revoked);
    assert!(!world.store.add_certificate(certificate(A, 1), by(30)).await.unwrap());
    assert!(!world.store.add_certificate(certificate(C, 40), by(30)).await.unwrap());
}

pub(crate) async fn every_act_is_in_the_audit_log(world: &World) {
    let parcel = world.send(A, B, 1).await;
    world.store.fetch(no(B), id(1), by(1)).await.unwrap();
    world.receipt(&parcel, ReceiptKind::Received).await;
    world.store.note("relay.backup", "somewhere".into(), by(2)).await.unwrap();
    let actions = async |chain: &str| {
        let entries = world.store.audit(chain, 0, 100).await.unwrap();
        entries.into_iter().map(|entry| entry.action).collect::<Vec<_>>()
    };
    assert_eq!(actions(A).await, ["account.put", "key.publish", "parcel.accept"]);
    assert_eq!(actions(B).await, ["account.put", "key.publish", "parcel.fetch", "receipt.received"]);
    assert_eq!(actions(OPERATOR_CHAIN).await, ["office.put", "relay.backup"]);
    let page = world.store.audit(A, 1, 1).await.unwrap();
    assert_eq!((page.len(), page[0].seq, page[0].subject.as_str()), (1, 2, "1"));
    for report in world.store.verify_audit().await.unwrap() {
        assert_eq!(report.broken_at, None, "{}", report.chain);
    }
}

pub(crate) async fn numbers_add_up(world: &World) {
    let parcel = world.send(A, B, 1).await;
    world.send(A, B, 2).await;
    world.send(B, A, 3).await;
    world.receipt(&parcel, ReceiptKind::Received).await;
    world.store.withdraw(no(A), id(2), by(1)).await.unwrap();
    let stats = world.store.stats().await.unwrap();
    assert_eq!((stats.offices, stats.registered, stats.parcels, stats.waiting), (3, 2, 3, 1));
    assert_eq!(stats.bytes, (contents(1).len() + contents(3).len()) as u64);
    assert_eq!(world.store.health().await.unwrap().ailment(), None);
}
