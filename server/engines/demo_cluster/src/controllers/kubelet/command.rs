//! What a container's command says about its end, for the commands people try a cluster out with.

use serde_json::Value;

use crate::value;

/// How a container ends whose command says so: `sleep 30`, `exit 1`, `false`, or a shell with nothing to do.
pub(super) fn natural_end(spec: &Value) -> Option<(i64, i64)> {
    let line = line_of(spec);
    let line = line.trim();
    let last = line.rsplit([';', '&', '|']).next().unwrap_or(line);
    let after = |word: &str| {
        let rest = &line[line.find(word)? + word.len()..];
        rest.split(|letter: char| !letter.is_ascii_digit())
            .next()?
            .parse::<i64>()
            .ok()
    };
    let slept = after("sleep ").unwrap_or(0);
    if let Some(code) = after("exit ") {
        return Some((slept.max(1), code));
    }
    if last.split_whitespace().last() == Some("false") {
        return Some((slept.max(1), 1));
    }
    if is_endless(spec) {
        return None;
    }
    if slept > 0 {
        return Some((slept, 0));
    }
    let first = line.split_whitespace().next().unwrap_or_default();
    let prints = ["echo", "date", "env", "true", "uname", "hostname"];
    (ends_at_once(spec, line) || prints.contains(&first)).then_some((1, 0))
}

fn line_of(spec: &Value) -> String {
    let words = |field: &str| {
        value::items(spec, field)
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    };
    format!("{} {}", words("/command"), words("/args"))
}

/// Whether the command says that it never ends.
pub(super) fn is_endless(spec: &Value) -> bool {
    let line = line_of(spec);
    ["while ", "sleep infinity", "tail -f"]
        .iter()
        .any(|sign| line.contains(sign))
}

/// Images whose default command is a shell, which has nothing to read and ends.
fn ends_at_once(spec: &Value, line: &str) -> bool {
    let image = value::text(spec, "/image");
    let name = image.rsplit('/').next().unwrap_or(image);
    let name = name.split(':').next().unwrap_or(name);
    line.is_empty() && matches!(name, "busybox" | "alpine" | "ubuntu" | "debian" | "bash")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ends_as_its_command_says() {
        let end = |command: Value| natural_end(&json!({"image": "busybox", "command": command}));
        assert_eq!(end(json!(["sh", "-c", "echo no; exit 3"])), Some((1, 3)));
        assert_eq!(end(json!(["sleep", "3600"])), Some((3600, 0)));
        assert_eq!(
            end(json!(["sh", "-c", "while true; do sleep 5; done"])),
            None
        );
        assert_eq!(end(json!(["sleep", "infinity"])), None);
        assert_eq!(end(json!([])), Some((1, 0)));
        assert_eq!(natural_end(&json!({"image": "nginx"})), None);
    }
}
