// SPDX-License-Identifier: BSD-2-Clause
//! A machine as a user has one: `partenza run` in one process, what it is asked in others.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::image::Image;
use crate::tools;

/// How long the boot may take, on a busy host.
const BOOT: &str = "60s";
const SOCKET: &str = "control.sock";

/// `partenza` with these arguments, in `dir`.
#[must_use]
pub fn partenza(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(tools::partenza());
    command.args(args).current_dir(dir).stdin(Stdio::null());
    command
}

/// A machine that `partenza run` has started.
pub struct Commanded {
    dir: PathBuf,
    run: Child,
}

impl Commanded {
    /// Runs the image, with `more` arguments, to the end of its boot.
    ///
    /// # Panics
    /// It cannot be run, or does not boot in time.
    #[must_use]
    pub fn run(image: &Image, more: &[&str]) -> Self {
        let machine = Self::start(image, more);
        let (code, said) = machine.boots();
        assert_eq!(code, Some(0), "{}: {said}", image.path.display());
        machine
    }

    /// The same, and what the run says is read when it has ended, not before.
    ///
    /// # Panics
    /// As [`Commanded::run`].
    #[must_use]
    pub fn run_unread(image: &Image, more: &[&str]) -> Self {
        let machine = Self::start_with(image, more, Stdio::piped());
        let (code, said) = machine.boots();
        assert_eq!(code, Some(0), "{}: {said}", image.path.display());
        machine
    }

    /// Runs the image; it is not waited for.
    ///
    /// # Panics
    /// It cannot be run.
    #[must_use]
    pub fn start(image: &Image, more: &[&str]) -> Self {
        Self::start_with(image, more, Stdio::null())
    }

    fn start_with(image: &Image, more: &[&str], stdout: Stdio) -> Self {
        let dir = image.path.parent().expect("an image lies in a folder").to_owned();
        let mut command = partenza(&dir, &["run"]);
        command.arg(&image.path).arg("--kernel").arg(image.kernel.prefix());
        command.args(["--headless", "--control", SOCKET, "--timeout", "100s", "--param", "timeouts=1000"]);
        command.args(more).stdout(stdout).stderr(Stdio::piped());
        let run = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { dir, run }
    }

    /// What its boot comes to.
    ///
    /// # Panics
    /// It cannot be asked.
    #[must_use]
    pub fn boots(&self) -> (Option<i32>, String) {
        self.says(&["boot", "--wait", "--timeout", BOOT])
    }

    /// What another command comes to.
    ///
    /// # Panics
    /// It cannot be run.
    #[must_use]
    pub fn ask(&self, args: &[&str]) -> Output {
        let mut command = partenza(&self.dir, args);
        command.args(["--control", SOCKET]);
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// Its exit code, and everything that it says.
    #[must_use]
    pub fn says(&self, args: &[&str]) -> (Option<i32>, String) {
        let output = self.ask(args);
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&text).into_owned())
    }

    /// Waits for the run's end; gives its exit code, its standard output and its standard error.
    ///
    /// # Panics
    /// It cannot be waited for.
    #[must_use]
    pub fn end(mut self) -> (Option<i32>, String, String) {
        let read = |stream: Option<&mut dyn Read>| {
            let mut bytes = Vec::new();
            // What cannot be read is missing in what a case looks at.
            let _ = stream.map(|stream| stream.read_to_end(&mut bytes));
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let output = read(self.run.stdout.as_mut().map(|stream| stream as &mut dyn Read));
        let errors = read(self.run.stderr.as_mut().map(|stream| stream as &mut dyn Read));
        (self.run.wait().expect("it ends").code(), output, errors)
    }

    /// Ends the run from outside, as `timeout` does; gives its exit code.
    ///
    /// # Panics
    /// It cannot be ended.
    #[must_use]
    pub fn terminate(mut self) -> Option<i32> {
        let kill = Command::new("sh").args(["-c", &format!("kill {}", self.run.id())]).status();
        assert!(kill.is_ok_and(|status| status.success()), "it runs");
        self.run.wait().expect("it ends").code()
    }

    /// Shuts the system down.
    ///
    /// # Panics
    /// It does not go down, or its run does not end well.
    pub fn shut_down(mut self) {
        assert_eq!(self.says(&["shutdown", "--wait"]).0, Some(0));
        let mut said = String::new();
        if let Some(mut stderr) = self.run.stderr.take() {
            // What cannot be read is missing in the failure's words only.
            let _ = stderr.read_to_string(&mut said);
        }
        let status = self.run.wait().expect("it ends");
        assert!(status.success(), "{said}");
    }
}

impl Drop for Commanded {
    fn drop(&mut self) {
        // Of a case that failed: the machine would stand in the way of the next one of its name.
        if matches!(self.run.try_wait(), Ok(None)) {
            let _ = self.ask(&["shutdown"]);
        }
    }
}
