// SPDX-License-Identifier: BSD-2-Clause
//! Event frames from the second serial line to JSON, with services by name.
//!
//! A line's fields are `sequence`, `time_us`, `event`, the event's own fields, and `text`, the event in words. Service
//! numbers become names as soon as their `Registered` events were seen, and codes are written as people write them.

use partenza_protocol::control::Level;
use partenza_protocol::event::{Event, Record, Words};
use partenza_protocol::{Code, ServiceId};
use serde_json::{Map, Value, json};

use crate::failure::Told;
use crate::host::frames::{Piece, Splitter};

/// Fields that hold a service's number.
const SERVICES: [&str; 8] = ["service", "other", "because", "culprit", "server", "fallback", "from", "to"];

/// An event as the rest of the command needs it.
pub struct Decoded {
    pub json: Value,
    /// The event in words.
    pub text: String,
    pub what: What,
    pub weight: Weight,
    pub level: Level,
}

impl Decoded {
    /// Whether the event is about the service of this name, or names it.
    pub fn concerns(&self, service: &str) -> bool {
        SERVICES.iter().any(|field| self.json[*field] == service)
    }

    /// Microseconds since the kernel handed over.
    pub fn time(&self) -> u64 {
        self.json["time_us"].as_u64().unwrap_or(0)
    }

    /// The event in words, behind its time.
    pub fn line(&self) -> String {
        let time = self.time();
        format!("[{:6}.{:03} ms] {}", time / 1000, time % 1000, self.text)
    }
}

/// How much an event matters to somebody who watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A step on the way to something else.
    Detail,
    Plain,
    Good,
    Warning,
    Error,
}

/// What an event means for whoever started the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    BootComplete,
    /// The boot failed.
    Failed(Told),
    Finished,
    Other,
}

/// Frames to events, as they come.
#[derive(Default)]
pub struct Decoder {
    input: Splitter,
    narrator: Narrator,
    damaged: u64,
}

impl Decoder {
    /// Decodes what is complete; the rest waits for more.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Decoded> {
        let mut decoded = Vec::new();
        for piece in self.input.feed(bytes) {
            let event = match piece {
                Piece::Event(bytes) => self.narrator.decode(&bytes),
                // Somebody else's conversation with the Supervisor.
                Piece::Answer(_) | Piece::Request(_) => continue,
                Piece::Damaged => None,
            };
            decoded.push(event.unwrap_or_else(|| self.damage()));
        }
        decoded
    }

    fn damage(&mut self) -> Decoded {
        self.damaged += 1;
        let text = format!("{} damaged frames so far", self.damaged);
        Decoded {
            json: json!({"event": "Damaged", "count": self.damaged, "text": text}),
            text,
            what: What::Other,
            weight: Weight::Warning,
            level: Level::Warn,
        }
    }
}

/// Tells records in words and JSON, and knows services by name once it was told or saw them registered.
#[derive(Default)]
pub struct Narrator {
    names: Vec<String>,
}

impl Narrator {
    /// The services of a system, by number.
    pub fn new(names: Vec<String>) -> Self {
        Self { names }
    }

    /// The services by number, as far as they are known.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// An encoded record; `None` if it is none of this release.
    pub fn decode(&mut self, bytes: &[u8]) -> Option<Decoded> {
        postcard::from_bytes(bytes).ok().map(|record| self.record(&record))
    }

    pub fn record(&mut self, record: &Record<'_>) -> Decoded {
        if let Event::Registered { service, name, .. } = &record.event {
            let at = usize::from(service.0);
            self.names.resize(self.names.len().max(at + 1), String::new());
            self.names[at] = (*name).to_owned();
        }
        let words = Words { event: &record.event, name: |id: ServiceId| self.name(id) };
        let text = words.to_string();
        let what = match &record.event {
            Event::BootComplete { .. } => What::BootComplete,
            Event::BootFailed { code, culprit } => {
                let culprit = culprit.and_then(|id| self.names.get(usize::from(id.0)));
                let culprit = culprit.map_or(String::new(), |name| format!(" ({name})"));
                let text = format!("Boot failed: {}{culprit}", code.text());
                What::Failed(Told::of(code, text, code.hint()))
            }
            Event::InitError { code, detail } => {
                What::Failed(Told::of(code, format_args!("{} [{detail:#x}]", code.text()), code.hint()))
            }
            Event::Finished => What::Finished,
            _ => What::Other,
        };
        let (weight, level) = (weight(&record.event), record.event.level());
        Decoded { json: self.json(record, &text), text, what, weight, level }
    }

    fn name(&self, id: ServiceId) -> &str {
        self.names.get(usize::from(id.0)).map_or("?", String::as_str)
    }

    fn json(&self, record: &Record<'_>, text: &str) -> Value {
        let (name, fields) = match serde_json::to_value(&record.event) {
            Ok(Value::Object(object)) => object.into_iter().next().unwrap_or_default(),
            Ok(Value::String(name)) => (name, Value::Null),
            _ => (String::new(), Value::Null),
        };
        let fields = match &record.event {
            Event::State(state) => json!({"state": state.to_string()}),
            _ => fields,
        };
        let mut line = Map::new();
        line.insert("sequence".to_owned(), record.sequence.into());
        line.insert("time_us".to_owned(), record.time.into());
        line.insert("event".to_owned(), name.into());
        match fields {
            Value::Object(fields) => {
                let is_registration = matches!(record.event, Event::Registered { .. });
                for (key, value) in fields {
                    let value = self.readable(&key, value);
                    if is_registration && key == "service" {
                        continue;
                    }
                    line.insert(
                        if is_registration && key == "name" { "service".to_owned() } else { key },
                        value,
                    );
                }
            }
            Value::Null => {}
            value => {
                line.insert("value".to_owned(), value);
            }
        }
        line.insert("text".to_owned(), text.into());
        Value::Object(line)
    }

    fn readable(&self, key: &str, value: Value) -> Value {
        match value.as_u64().and_then(|n| u16::try_from(n).ok()) {
            Some(number) if SERVICES.contains(&key) => self.name(ServiceId(number)).into(),
            Some(number) if key == "code" => Code(number).to_string().into(),
            _ => value,
        }
    }
}

/// By its level, but for what is good news, what shows that something goes on, and numbers of the bench.
fn weight(event: &Event<'_>) -> Weight {
    match (event, event.level()) {
        (Event::Ready { .. } | Event::Recovered { .. } | Event::BootComplete { .. }, _) => Weight::Good,
        (Event::Starting { .. } | Event::Stopping { .. } | Event::Message { .. }, _) => Weight::Plain,
        (Event::Cost { .. }, _) => Weight::Detail,
        (Event::Unhealthy { .. }, _) => Weight::Error,
        (_, Level::Error) => Weight::Error,
        (_, Level::Warn) => Weight::Warning,
        (_, Level::Info) => Weight::Plain,
        (_, Level::Debug) => Weight::Detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use partenza_protocol::frame::{Body, MAX_FRAME, frame};

    fn framed(event: Event<'_>) -> Vec<u8> {
        let record = Record { sequence: 1, time: 2, event };
        let mut buffer = [0; MAX_FRAME];
        let bytes = postcard::to_allocvec(&record).unwrap();
        let used = frame(Body::Event(&bytes), &mut buffer).unwrap();
        buffer[..used].to_vec()
    }

    #[test]
    fn services_are_told_by_name_and_codes_as_people_write_them() {
        let mut decoder = Decoder::default();
        let id = ServiceId(0);
        let registered =
            Event::Registered { service: id, name: "axiom", version: "0.1.0", layer: 2, critical: true };
        let failed = Event::Failed { service: id, code: Code(120), other: None, detail: 0 };
        let bytes: Vec<u8> = [framed(registered), framed(failed)].concat();
        // Byte by byte: a line gives what it has.
        let events: Vec<Decoded> = bytes.iter().flat_map(|byte| decoder.feed(&[*byte])).collect();
        assert_eq!(events[0].json["service"], "axiom");
        assert_eq!(events[1].json["service"], "axiom");
        assert_eq!(events[1].json["code"], "PZ-E0120");
        assert_eq!(events[1].json["event"], "Failed");
        assert!(events[1].text.contains("did not report ready"));
    }

    #[test]
    fn registers_are_numbers() {
        let registers = partenza_protocol::event::Fault {
            kind: partenza_protocol::event::FaultKind::VmRead,
            cause: partenza_protocol::event::Cause::Unmapped,
            ip: 1,
            address: 2,
            status: 0,
            symbol: None,
            registers: [1, u64::MAX].into_iter().collect(),
        };
        let crashed = Event::Crashed { service: ServiceId(0), fault: registers };
        let events = Decoder::default().feed(&framed(crashed));
        assert_eq!(events[0].json["fault"]["registers"], json!([1, u64::MAX]));
    }

    #[test]
    fn damage_is_counted_and_the_next_frame_is_read() {
        let mut decoder = Decoder::default();
        let mut bytes = b"SeaBIOS noise\0".to_vec();
        bytes.extend(vec![b'x'; 5000]);
        bytes.push(0);
        bytes.extend(framed(Event::Finished));
        let events = decoder.feed(&bytes);
        let names: Vec<&str> = events.iter().filter_map(|e| e.json["event"].as_str()).collect();
        assert_eq!(names, ["Damaged", "Damaged", "Finished"]);
        assert_eq!(events[2].what, What::Finished);
    }

    #[test]
    fn a_failed_boot_says_how_to_mend_it() {
        let mut decoder = Decoder::default();
        let events = decoder.feed(&framed(Event::InitError { code: Code(103), detail: 0 }));
        let What::Failed(told) = &events[0].what else { panic!("not a failure") };
        let text = told.to_string();
        assert!(text.starts_with("PZ-E0103 ") && text.contains("partenza pack"), "{text}");
    }
}
