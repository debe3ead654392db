//! News to open pages, as server-sent events: numbers and what changed, never anything personal.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use serde_json::json;
use tasuki_office::node::{News, Topic};
use tasuki_terms::OfficeNo;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use crate::entry::visitor::At;
use crate::http::failure::Failure;
use crate::state::App;
use crate::words;

/// Much news at once, as while a batch is sent, is told together.
const GATHER: Duration = Duration::from_millis(150);

/// Without news the session is looked at so often.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// What was missed may have been anything. That something arrived is told by its number only: a notification would claim
/// more than is known.
const MISSED: [Topic; 3] = [Topic::Sends, Topic::Arrivals, Topic::Link];

struct Following {
    app: App,
    at: At,
    news: Receiver<News>,
    stopping: watch::Receiver<bool>,
    ended: watch::Receiver<()>,
    is_new: bool,
}

pub(crate) async fn events(
    State(app): State<App>,
    at: At,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let following = Following {
        news: app.node.news(),
        stopping: app.sessions.stopping(),
        ended: app.sessions.ended(),
        app,
        at,
        is_new: true,
    };
    let events = stream::unfold(following, async |mut following| {
        let event = following.next().await?;
        Some((Ok(event), following))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(20))))
}

impl Following {
    /// The next news. `None` when the session has ended or the program ends.
    async fn next(&mut self) -> Option<Event> {
        let mut topics = Vec::new();
        if !std::mem::take(&mut self.is_new) {
            tokio::select! {
                some = next_of(&mut self.news, self.at.office.no) => topics = some?,
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                _ = self.ended.changed() => {}
                // The session may have ended of age: then the page has to know.
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
            tokio::time::sleep(GATHER).await;
            while let Ok(news) = self.news.try_recv() {
                if news.office == self.at.office.no && !topics.contains(&news.topic) {
                    topics.push(news.topic);
                }
            }
        }
        let now = self.app.node.now();
        self.app.sessions.find(&self.at.visitor.token, now, false)?;
        let no = self.at.office.no;
        let counts = self.app.node.sends.counts(no).ok()?;
        let link = self.app.node.offices.open_office(no).ok().map(|open| open.link());
        let (link_class, link_text) = words::link(link);
        let topics: Vec<_> = topics.into_iter().map(name).collect();
        let data = json!({
            "counts": counts, "topics": topics, "link_class": link_class, "link_text": link_text,
        });
        Event::default().json_data(data).ok()
    }
}

async fn next_of(news: &mut Receiver<News>, office: OfficeNo) -> Option<Vec<Topic>> {
    loop {
        match news.recv().await {
            Ok(news) if news.office == office => return Some(vec![news.topic]),
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return Some(MISSED.to_vec()),
            Err(RecvError::Closed) => return None,
        }
    }
}

fn name(topic: Topic) -> &'static str {
    match topic {
        Topic::Sends => "sends",
        Topic::Arrived => "arrived",
        Topic::Arrivals => "arrivals",
        Topic::Link => "link",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_page_that_missed_news_looks_at_everything() {
        let office: OfficeNo = "1370000019".parse().unwrap();
        let other: OfficeNo = "1370000027".parse().unwrap();
        let (sender, mut receiver) = tokio::sync::broadcast::channel(2);
        sender.send(News { office: other, topic: Topic::Arrived }).unwrap();
        sender.send(News { office, topic: Topic::Link }).unwrap();
        assert_eq!(next_of(&mut receiver, office).await, Some(vec![Topic::Link]));
        for _ in 0..5 {
            sender.send(News { office, topic: Topic::Sends }).unwrap();
        }
        assert_eq!(next_of(&mut receiver, office).await, Some(MISSED.to_vec()));
        assert_eq!(next_of(&mut receiver, office).await, Some(vec![Topic::Sends]));
        drop(sender);
        assert_eq!(next_of(&mut receiver, office).await, Some(vec![Topic::Sends]));
        assert_eq!(next_of(&mut receiver, office).await, None);
    }
}
