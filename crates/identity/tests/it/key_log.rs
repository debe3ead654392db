//! Following the key log, and every way in which an operator could cheat: found out each time.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tasuki_identity::chain::CertificateChain;
use tasuki_identity::key_log::{Alarm, Comparison, KeyLog, Standing, hash_after, sign_head};
use tasuki_identity::office_key::OfficeKey;
use tasuki_identity::signing::SigningKey;
use tasuki_identity::statement::{KeyStatement, ParcelFormats, SignedStatement};
use tasuki_terms::{LogEntry, LogHead, Logged, OfficeNo, Sha256Digest, SignedHead};

use crate::operator::{Operator, after, now, office};

const A: &str = "1370000019";
const B: &str = "1370000027";
const C: &str = "0170000035";

/// A node of an office: what it signs with, and what it has stated last.
struct Node {
    office: OfficeNo,
    key: SigningKey,
    chain: CertificateChain,
    stated: Option<KeyStatement>,
}

impl Node {
    fn fingerprint(&self) -> Sha256Digest {
        Sha256Digest(Sha256::digest(self.chain.certificates().next().unwrap()).into())
    }

    fn certificate(&self) -> Logged {
        Logged::Certificate { fingerprint: self.fingerprint(), parent: None }
    }

    /// States a new key after the statement before.
    fn state(&mut self) -> SignedStatement {
        let before = self.stated.as_ref();
        let statement = KeyStatement {
            office: self.office,
            key: OfficeKey::generate().public(),
            epoch: before.map_or(1, |before| before.epoch + 1),
            before: before.map(KeyStatement::digest),
            formats: ParcelFormats::only(2),
            issued_at: now(),
        };
        let signed = SignedStatement::sign(&statement, &self.key, &self.chain).unwrap();
        self.stated = Some(statement);
        signed
    }

    fn newest(&self) -> &KeyStatement {
        self.stated.as_ref().unwrap()
    }
}

fn key_entry(signed: &SignedStatement) -> Logged {
    let statement = serde_json::to_string(signed).unwrap();
    let epoch =
        signed.statement.lines().find_map(|line| line.strip_prefix("epoch ")).unwrap().parse().unwrap();
    Logged::Key { epoch, statement_digest: Sha256Digest(Sha256::digest(&statement).into()), statement }
}

/// A relay with the operator's authority behind it: it can sign whatever it likes.
struct Relay {
    operator: Operator,
    key: SigningKey,
    chain: CertificateChain,
}

/// A log that a relay shows.
#[derive(Clone, Default)]
struct Log(Vec<LogEntry>);

impl Log {
    fn add(&mut self, office: OfficeNo, logged: Logged) {
        let before = self.head();
        let seq = before.seq + 1;
        let mut entry = LogEntry { seq, office, logged, at: now(), hash: before.hash };
        entry.hash = hash_after(before.hash, &entry);
        self.0.push(entry);
    }

    fn head(&self) -> LogHead {
        self.0.last().map_or(LogHead::EMPTY, LogEntry::head)
    }
}

impl Relay {
    fn new() -> Self {
        let operator = Operator::new();
        let key = SigningKey::generate().unwrap();
        let chain = operator.issuing.issue_relay(&key.server_request().unwrap(), &["relay.example"], now());
        Self { chain: chain.unwrap(), key, operator }
    }

    fn enrol(&self, no: &str, log: &mut Log) -> Node {
        let (key, chain) = self.operator.enrol(office(no));
        let node = Node { office: office(no), key, chain, stated: None };
        log.add(node.office, node.certificate());
        node
    }

    fn head(&self, log: &Log) -> SignedHead {
        sign_head(log.head(), now(), &self.key, &self.chain).unwrap()
    }

    /// Shows a node what it does not have yet; entries in its own name are its own unless named here.
    fn show(&self, log: &Log, to: &mut KeyLog, foreign: &[u64]) -> Result<Vec<Alarm>, Alarm> {
        let after = usize::try_from(to.head().seq).unwrap().min(log.0.len());
        let foreign: Vec<&Logged> =
            log.0.iter().filter(|entry| foreign.contains(&entry.seq)).map(|entry| &entry.logged).collect();
        let is_own = |logged: &Logged| !foreign.contains(&logged);
        to.extend(&log.0[after..], &self.head(log), &self.operator.trust(), now(), is_own)
    }
}

/// Three offices with a key each, and the log of it.
fn world() -> (Relay, Log, [Node; 3]) {
    let (relay, mut log) = (Relay::new(), Log::default());
    let nodes = [A, B, C].map(|no| {
        let mut node = relay.enrol(no, &mut log);
        log.add(node.office, key_entry(&node.state()));
        node
    });
    (relay, log, nodes)
}

fn follower(relay: &Relay, log: &Log, own: &str) -> KeyLog {
    let mut follower = KeyLog::new(office(own));
    assert_eq!(relay.show(log, &mut follower, &[]), Ok(vec![]));
    follower
}

#[test]
fn an_honest_log_is_followed_without_alarm() {
    let (relay, mut log, [mut a, b, _]) = world();
    let mut follower = follower(&relay, &log, B);
    assert_eq!(follower.head(), log.head());
    assert_eq!(follower.standing(a.newest()), Standing::Trusted);
    assert!(follower.has_certificate(a.office, a.fingerprint()));
    assert!(!follower.has_certificate(b.office, a.fingerprint()));

    let old = a.newest().clone();
    log.add(a.office, key_entry(&a.state()));
    assert_eq!(relay.show(&log, &mut follower, &[]), Ok(vec![]));
    assert_eq!(follower.standing(a.newest()), Standing::Trusted);
    assert_eq!(follower.standing(&old), Standing::NotInLog);
    assert_eq!(relay.show(&log, &mut follower, &[]), Ok(vec![]), "nothing new");

    let kept = serde_json::to_string(&follower).unwrap();
    assert_eq!(serde_json::from_str::<KeyLog>(&kept).unwrap(), follower);
}

#[test]
fn a_further_computer_and_a_renewal_are_in_order() {
    let (relay, mut log, [mut a, ..]) = world();
    let mut follower = follower(&relay, &log, B);
    // Renewal: another certificate for the same key, asked for with the one before.
    let parent = Some(a.fingerprint());
    let request = a.key.request(a.office).unwrap();
    a.chain = relay.operator.issuing.issue_office(&request, a.office, now()).unwrap();
    log.add(a.office, Logged::Certificate { fingerprint: a.fingerprint(), parent });
    log.add(a.office, key_entry(&a.state()));
    // A new computer, to which the old one hands over.
    let mut second = relay.enrol(A, &mut log);
    second.stated.clone_from(&a.stated);
    log.add(a.office, key_entry(&second.state().cosigned(&a.key).unwrap()));
    assert_eq!(relay.show(&log, &mut follower, &[]), Ok(vec![]));
    assert_eq!(follower.standing(second.newest()), Standing::Trusted);
}

#[test]
fn an_operator_that_swaps_a_key_is_seen_by_the_office_and_its_partners() {
    let (relay, mut log, [a, ..]) = world();
    let (mut of_a, mut of_b) = (follower(&relay, &log, A), follower(&relay, &log, B));
    // The operator's own node in the name of A, which names the statement before it as it must.
    let mut false_a = relay.enrol(A, &mut log);
    false_a.stated.clone_from(&a.stated);
    log.add(a.office, key_entry(&false_a.state()));
    let certificate = log.head().seq - 1;
    let foreign = [certificate, certificate + 1];
    assert_eq!(relay.show(&log, &mut of_b, &[]), Ok(vec![Alarm::NotCosigned(a.office)]));
    assert_eq!(of_b.standing(false_a.newest()), Standing::Unconfirmed);
    let seen = relay.show(&log, &mut of_a, &foreign).unwrap();
    let own = |seq| Alarm::ForeignEntryForOwnOffice { seq };
    assert_eq!(seen, [own(certificate), Alarm::NotCosigned(a.office), own(certificate + 1)]);

    // What follows is not trusted either, though it is handed over, until a person has confirmed it.
    log.add(a.office, key_entry(&false_a.state()));
    assert_eq!(relay.show(&log, &mut of_b, &[]), Ok(vec![]));
    assert_eq!(of_b.standing(false_a.newest()), Standing::Unconfirmed);
    assert!(!of_b.confirm(a.newest()), "not the newest");
    assert!(of_b.confirm(false_a.newest()));
    assert_eq!(of_b.standing(false_a.newest()), Standing::Trusted);
}

#[test]
fn a_statement_that_is_handed_out_but_not_logged_is_not_trusted() {
    let (relay, log, [mut a, ..]) = world();
    let follower = follower(&relay, &log, B);
    let unlogged = a.state();
    assert!(unlogged.verify(&relay.operator.trust(), now()).is_ok());
    assert_eq!(follower.standing(a.newest()), Standing::NotInLog);
}

#[test]
fn a_split_view_is_found_out_at_the_first_head_that_is_exchanged() {
    let (relay, log, [a, _, _]) = world();
    let (mut for_a, mut for_b) = (log.clone(), log.clone());
    let (mut of_a, mut of_b) = (follower(&relay, &log, A), follower(&relay, &log, B));
    // B is shown a key of the operator in A's name, A is shown something of the same length.
    let mut false_a = relay.enrol(A, &mut for_b);
    false_a.stated.clone_from(&a.stated);
    for_b.add(a.office, key_entry(&false_a.state()));
    relay.enrol(C, &mut for_a);
    relay.enrol(C, &mut for_a);
    relay.show(&for_b, &mut of_b, &[]).unwrap();
    assert_eq!(relay.show(&for_a, &mut of_a, &[]), Ok(vec![]), "A alone sees nothing");
    assert_eq!(of_a.head().seq, of_b.head().seq);
    let seq = of_a.head().seq;
    assert_eq!(of_a.compare(of_b.head()), Err(Alarm::Fork { seq }));
    assert_eq!(of_b.compare(of_a.head()), Err(Alarm::Fork { seq }));

    // Later heads of the two tell as well, as soon as both have followed that far.
    let older = of_b.head();
    relay.enrol(C, &mut for_a);
    assert_eq!(of_a.compare(LogHead { seq: seq + 1, ..older }), Ok(Comparison::Ahead));
    relay.show(&for_a, &mut of_a, &[]).unwrap();
    assert_eq!(of_a.compare(older), Err(Alarm::Fork { seq }));
    assert_eq!(of_a.compare(log.head()), Ok(Comparison::Agrees), "what both have seen before");
    assert_eq!(of_a.compare(LogHead::EMPTY), Ok(Comparison::Agrees));
    // And the relay cannot bring A back to the log of B.
    assert!(matches!(relay.show(&for_b, &mut of_a, &[]), Err(Alarm::Rollback { .. })));
    relay.enrol(C, &mut for_b);
    assert!(matches!(relay.show(&for_b, &mut of_a, &[]), Err(Alarm::Fork { .. })));
}

#[test]
fn a_log_that_is_rolled_back_or_rewritten_is_refused_and_nothing_of_it_taken() {
    let (relay, log, [a, ..]) = world();
    let follower = follower(&relay, &log, B);
    let shown = |log: &Log| {
        let mut copy = follower.clone();
        let result = relay.show(log, &mut copy, &[]);
        assert_eq!(result.is_err(), copy == follower, "all or nothing");
        result
    };
    let mut shorter = Log(log.0[..4].to_vec());
    assert_eq!(shown(&shorter), Err(Alarm::Rollback { held: 6, shown: 4 }));
    // The same length, another end.
    relay.enrol(C, &mut shorter);
    relay.enrol(C, &mut shorter);
    assert_eq!(shown(&shorter), Err(Alarm::Fork { seq: 6 }));
    // Longer, but not a continuation.
    relay.enrol(C, &mut shorter);
    assert_eq!(shown(&shorter), Err(Alarm::Fork { seq: 7 }));
    // An entry left out, changed, or doubled on the way.
    let mut longer = log.clone();
    for _ in 0..3 {
        relay.enrol(C, &mut longer);
    }
    let tampered = |change: fn(&mut Vec<LogEntry>)| {
        let mut log = longer.clone();
        change(&mut log.0);
        log
    };
    assert_eq!(shown(&tampered(|entries| drop(entries.remove(7)))), Err(Alarm::Fork { seq: 9 }));
    assert_eq!(
        shown(&tampered(|entries| entries[7].at = Timestamp::UNIX_EPOCH)),
        Err(Alarm::Fork { seq: 8 })
    );
    assert_eq!(
        shown(&tampered(|entries| entries[7].office = entries[0].office)),
        Err(Alarm::Fork { seq: 8 })
    );
    assert_eq!(
        shown(&tampered(|entries| entries.insert(7, entries[7].clone()))),
        Err(Alarm::Fork { seq: 8 })
    );
    assert_eq!(shown(&longer), Ok(vec![]));
    assert_eq!(a.office, office(A));
}

#[test]
fn only_a_relay_of_this_operator_signs_heads_and_only_of_what_it_shows() {
    let (relay, log, [a, ..]) = world();
    let trust = relay.operator.trust();
    let extend = |head: &SignedHead, at| KeyLog::new(office(B)).extend(&log.0, head, &trust, at, |_| true);
    let good = relay.head(&log);
    assert_eq!(extend(&good, now()), Ok(vec![]));
    let other = Relay::new();
    let by_node = sign_head(log.head(), now(), &a.key, &a.chain).unwrap();
    let swapped = SignedHead { certificates: relay.chain.to_pem(), ..by_node.clone() };
    let ahead = LogHead { seq: 7, ..log.head() };
    for (what, head) in [
        ("another operator's", other.head(&log)),
        ("an office's", by_node),
        ("an office's with the relay's certificate", swapped),
        ("of another time", SignedHead { at: after(1), ..good.clone() }),
        ("without signature", SignedHead { signature: String::new(), ..good.clone() }),
        ("of more than is shown", sign_head(ahead, now(), &relay.key, &relay.chain).unwrap()),
    ] {
        assert_eq!(extend(&head, now()), Err(Alarm::BadHead), "{what}");
    }
    let other_hash = LogHead { hash: Sha256Digest([7; 32]), ..log.head() };
    let head = sign_head(other_hash, now(), &relay.key, &relay.chain).unwrap();
    assert_eq!(extend(&head, now()), Err(Alarm::Fork { seq: 6 }), "two heads of one log");
    assert_eq!(extend(&good, after(24 * 365 * 20)), Err(Alarm::BadHead), "a certificate that has ended");
}

#[test]
fn statements_that_do_not_follow_are_told() {
    let (relay, log, [a, b, _]) = world();
    let known = follower(&relay, &log, B);
    let told = |signed: &SignedStatement| {
        let (mut log, mut follower) = (log.clone(), known.clone());
        log.add(a.office, key_entry(signed));
        relay.show(&log, &mut follower, &[]).unwrap()
    };
    let first = a.newest();
    let say = |epoch, before, key: &SigningKey, chain: &CertificateChain| {
        let statement = KeyStatement { epoch, before, key: OfficeKey::generate().public(), ..first.clone() };
        SignedStatement::sign(&statement, key, chain).unwrap()
    };
    let by_a = |epoch, before| say(epoch, before, &a.key, &a.chain);
    let digest = Some(first.digest());
    assert_eq!(told(&by_a(2, digest)), []);
    assert_eq!(told(&by_a(3, digest)), [Alarm::EpochGap { office: a.office, before: 1, epoch: 3 }]);
    let highest = Alarm::EpochGap { office: a.office, before: 1, epoch: u32::MAX };
    assert_eq!(told(&by_a(u32::MAX, digest)), [highest]);
    assert_eq!(told(&by_a(1, None)), [Alarm::EpochGap { office: a.office, before: 1, epoch: 1 }]);
    assert_eq!(told(&by_a(2, Some(Sha256Digest([7; 32])))), [Alarm::NotChained(a.office)]);
    let by_b = say(2, digest, &b.key, &b.chain);
    assert_eq!(told(&by_b), [Alarm::BadStatement { office: a.office, seq: 7 }]);
    let forged = SignedStatement { signature: "AAAA".into(), ..by_a(2, digest) };
    assert_eq!(told(&forged), [Alarm::BadStatement { office: a.office, seq: 7 }]);
    // A certificate that is in no log.
    let (key, chain) = relay.operator.enrol(a.office);
    let unlogged = say(2, digest, &key, &chain).cosigned(&a.key).unwrap();
    assert_eq!(told(&unlogged), [Alarm::UnloggedCertificate { office: a.office, seq: 7 }]);
}

#[test]
fn a_false_statement_changes_nothing_that_is_known() {
    let (relay, mut log, [a, b, _]) = world();
    let mut follower = follower(&relay, &log, B);
    let false_one = KeyStatement { key: OfficeKey::generate().public(), ..a.newest().clone() };
    log.add(a.office, key_entry(&SignedStatement::sign(&false_one, &b.key, &b.chain).unwrap()));
    log.add(a.office, key_entry(&SignedStatement::sign(&false_one, &a.key, &a.chain).unwrap()));
    assert_eq!(relay.show(&log, &mut follower, &[]).unwrap().len(), 2);
    assert_eq!(follower.standing(a.newest()), Standing::Trusted);
    assert_eq!(follower.standing(&false_one), Standing::NotInLog);
}

#[test]
fn a_first_statement_that_is_not_the_first_and_a_certificate_of_nobody_are_told() {
    let (relay, mut log, _) = world();
    let mut follower = follower(&relay, &log, B);
    let no = "1370000043";
    let mut node = relay.enrol(no, &mut log);
    node.state();
    log.add(node.office, key_entry(&node.state()));
    let fingerprint = Sha256Digest([9; 32]);
    log.add(node.office, Logged::Certificate { fingerprint, parent: Some(Sha256Digest([8; 32])) });
    let gap = Alarm::EpochGap { office: office(no), before: 0, epoch: 2 };
    let unlogged = Alarm::UnloggedCertificate { office: office(no), seq: 9 };
    assert_eq!(relay.show(&log, &mut follower, &[]), Ok(vec![gap, unlogged]));
    assert_eq!(follower.standing(node.newest()), Standing::Unconfirmed);
}

#[test]
fn hashes_are_kept_of_the_newest_entries_only() {
    let (relay, mut log, _) = world();
    let certificate = |number: u32| {
        let mut fingerprint = [0; 32];
        fingerprint[..4].copy_from_slice(&number.to_be_bytes());
        Logged::Certificate { fingerprint: Sha256Digest(fingerprint), parent: None }
    };
    for number in 0..10_000 {
        log.add(office(C), certificate(number));
    }
    let follower = follower(&relay, &log, B);
    let head_of = |seq: usize| log.0[seq - 1].head();
    assert_eq!(follower.compare(head_of(6)), Ok(Comparison::TooOld));
    assert_eq!(follower.compare(head_of(7)), Ok(Comparison::Agrees));
    assert_eq!(follower.compare(log.head()), Ok(Comparison::Agrees));
}
