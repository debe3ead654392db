//! What people type: read from what was posted into what is meant, or into the same form with what is wrong beside each
//! field. Pure.
//!
//! A form is a struct with a [`Field`] for each field of the page. It has a function `read` that gives what is meant, or
//! the form to be shown once more: fields keep what was typed, passwords are typed again.

pub(crate) mod folders;
pub(crate) mod key;
pub(crate) mod letter;
pub(crate) mod office_password;
pub(crate) mod setup;
pub(crate) mod staff;
pub(crate) mod unlock;

use crate::http::posted::Posted;

/// Advice for whoever gives a password that is too easy.
pub(crate) const PASSWORD_ADVICE: &str = "新しいパスワードは13文字以上で、推測されにくいものにしてください。\
    思い出しやすい言葉をいくつか並べると、長くても覚えられます。";

const AGAIN: &str = "新しいパスワードの2つの欄が違います。";

/// A field of a form: what was typed, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Field {
    /// As it was typed; empty for what is to be typed again.
    pub(crate) typed: String,
    /// What is wrong and what to do; empty when nothing is.
    pub(crate) error: String,
    /// Where the cursor goes: the first field that is wrong.
    pub(crate) is_first: bool,
}

impl Field {
    /// A field with what stands in it from the beginning.
    pub(crate) fn with(text: impl Into<String>) -> Self {
        Self { typed: text.into(), ..Self::default() }
    }

    /// What was typed into a field.
    pub(crate) fn of(posted: &Posted, name: &str) -> Self {
        Self::with(posted.text(name))
    }

    /// Notes what is wrong.
    pub(crate) fn refuse(&mut self, error: impl Into<String>) {
        self.error = error.into();
    }

    /// What is meant, or a note of what is wrong.
    pub(crate) fn take<T>(&mut self, meant: Result<T, &str>) -> Option<T> {
        meant.map_err(|error| self.refuse(error)).ok()
    }

    /// Whether something is wrong with it.
    pub(crate) fn is_wrong(&self) -> bool {
        !self.error.is_empty()
    }
}

/// The fields of a form in the order of the page.
pub(crate) trait Fields {
    /// Each of them.
    fn fields(&mut self) -> Vec<&mut Field>;

    /// Puts the cursor where the first thing is wrong. Whether anything is.
    fn point(&mut self) -> bool {
        let wrong = self.fields().into_iter().find(|field| field.is_wrong());
        wrong.is_some_and(|field| {
            field.is_first = true;
            true
        })
    }
}

/// A new password and the same once more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NewPassword {
    pub(crate) new: Field,
    pub(crate) again: Field,
}

impl NewPassword {
    /// The password when both are the same; what is wrong stands at the second.
    pub(crate) fn read<'a>(&mut self, posted: &'a Posted, new: &str, again: &str) -> Option<&'a str> {
        let (new, again) = (posted.raw(new), posted.raw(again));
        self.again.take(if new == again { Ok(new) } else { Err(AGAIN) })
    }
}
