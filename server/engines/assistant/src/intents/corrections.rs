//! “Make it 5 instead” after a scaling was asked for, and “the first one” of a list.

use domain::{resources::Workload, snapshot::ClusterSnapshot};

use super::{
    compose::{Reply, scale_command},
    focus::{Focus, Subject},
    names::{self, number},
    pronouns::Wanted,
    question::Question,
};

/// Words that a correction of a number consists of, besides the number; one more word, and it is none.
const CORRECTING: &[&str] = &[
    "make", "it", "that", "set", "change", "to", "rather", "instead", "actually", "better", "use",
    "try", "take", "go", "with", "for", "let", "us", "no", "sorry", "please", "ok", "okay", "only",
    "just", "then", "replicas", "oh", "wait", "i", "meant", "mean", "hmm", "but",
];
/// One of these has to be there.
const SIGNS: &[&str] = &[
    "make", "instead", "rather", "actually", "meant", "mean", "change",
];

/// The count of “make it 5 instead”, or of a mere “5”; `None` for any other sentence, for two numbers, and where a “no”
/// or “wait” comes after the number.
fn corrected_count(words: &[String]) -> Option<u32> {
    let place = words.iter().position(|word| number(word).is_some())?;
    let (before, after) = (&words[..place], &words[place + 1..]);
    let is_known = |word: &String| CORRECTING.contains(&word.as_str());
    let takes_back = |word: &String| matches!(word.as_str(), "no" | "wait" | "but");
    let is_correction = before.iter().chain(after).all(is_known)
        && !after.iter().any(takes_back)
        && (words.len() == 1 || words.iter().any(|word| SIGNS.contains(&word.as_str())));
    is_correction.then(|| number(&words[place])).flatten()
}

/// The scaling that a correction asks for, when the last thing asked for was a scaling.
///
/// # Errors
/// The question to ask when something else was spoken of last: whether its replicas are meant.
pub(super) fn scaling<'a>(
    words: &[String],
    focus: &Focus<'a>,
    snapshot: &'a ClusterSnapshot,
) -> Option<Result<Question<'a>, Box<Reply>>> {
    let count = corrected_count(words)?;
    if let Some(workload) = focus.scaled() {
        return Some(Ok(scaled_to(workload, count, words, snapshot)));
    }
    let speaks_of_it = words.iter().any(|word| word == "it" || word == "that");
    let latest = focus.latest(|subject| matches!(subject, Subject::Workload(_)));
    let [Subject::Workload(workload)] = latest.as_slice() else {
        return None;
    };
    let reference = &workload.reference;
    let is_asked = speaks_of_it && reference.kind.is_scalable() && !words.iter().any(|w| w == "to");
    is_asked.then(|| {
        Err(Box::new(
            Reply::new(format!(
                "I do not know what of {reference} is to be {count}. Nothing has been changed."
            ))
            .choice(
                "Its replicas?",
                vec![(
                    format!("{reference} to {count} (it has {})", workload.replicas),
                    scale_command(reference, count),
                )],
            ),
        ))
    })
}

fn scaled_to<'a>(
    workload: &Workload,
    count: u32,
    typed: &[String],
    snapshot: &'a ClusterSnapshot,
) -> Question<'a> {
    let reference = &workload.reference;
    let kind = reference.kind.as_str().to_ascii_lowercase();
    let sentence = format!("scale {kind} {reference} to {count}");
    let words = sentence.split(' ').map(str::to_owned).collect();
    let mut question = names::link_words(words, snapshot);
    question.notes.push(format!(
        "took “{}” to be about the replicas of {reference}",
        typed.join(" ")
    ));
    question
}

/// “The first one”, “the second pod” at the end of a sentence.
pub(super) struct Ordinal {
    /// Where its words are, without “the”.
    pub(super) at: std::ops::Range<usize>,
    /// Which kind is counted.
    pub(super) wanted: Wanted,
    /// Which one, from 0; the last when there is none.
    place: Option<usize>,
}

impl Ordinal {
    /// Finds one in `words`.
    pub(super) fn of(words: &[String]) -> Option<Self> {
        const NAMES: [&str; 6] = ["first", "second", "third", "fourth", "fifth", "last"];
        let word = |at: usize| words.get(at).map_or("", String::as_str);
        let at = (0..words.len()).find(|&at| NAMES.contains(&word(at)))?;
        let wanted = match word(at + 1) {
            "one" => Wanted::Any,
            "pod" | "workload" | "deployment" | "app" => Wanted::Running,
            "node" | "machine" => Wanted::Node,
            "" => Wanted::Any,
            _ => return None,
        };
        let end = words.len().min(at + 2);
        let is_introduced = at > 0 && word(at - 1) == "the";
        let next = word(end);
        let is_end = match word(at + 1) {
            "one" => !matches!(next, "that" | "which" | "who" | "with" | "of"),
            _ => matches!(next, "" | "please" | "now" | "again" | "in" | "to"),
        };
        let place = NAMES.iter().position(|name| *name == word(at))?;
        (is_introduced && is_end).then_some(Self {
            at: at..end,
            wanted,
            place: (place < NAMES.len() - 1).then_some(place),
        })
    }

    /// The one that is meant of those listed.
    pub(super) fn pick<'a>(&self, listed: &[Subject<'a>]) -> Option<Subject<'a>> {
        match self.place {
            Some(place) => listed.get(place).copied(),
            None => listed.last().copied(),
        }
    }
}
