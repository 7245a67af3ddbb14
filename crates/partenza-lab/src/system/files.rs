// SPDX-License-Identifier: BSD-2-Clause
//! A [`System`] as the three files.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use super::{Service, System};

impl System {
    /// Writes `system.xml`, `partenza.yaml` and `manifests/` to `dir`.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let manifests = dir.join("manifests");
        fs::create_dir_all(&manifests)?;
        fs::write(dir.join("system.xml"), self.xml())?;
        fs::write(dir.join("partenza.yaml"), self.partenza())?;
        for (index, service) in self.services.iter().enumerate() {
            fs::write(manifests.join(format!("{}.yaml", service.name)), self.manifest(index))?;
        }
        Ok(())
    }

    fn xml(&self) -> String {
        let mut text = String::from("<system>\n");
        if self.ballast > 0 {
            line(&mut text, format_args!("  <memory_region name=\"ballast\" size=\"{:#x}\"/>", self.ballast));
        }
        for (name, bytes, physical) in &self.regions {
            let at = physical.map_or_else(String::new, |at| format!(" phys_addr=\"{at:#x}\""));
            line(&mut text, format_args!("  <memory_region name=\"{name}\" size=\"{bytes:#x}\"{at}/>"));
        }
        for service in self.services.iter().filter(|service| service.parent.is_none()) {
            self.domain(&mut text, service);
        }
        for call in &self.calls {
            let (client, server) = (&self.services[call.client].name, &self.services[call.server].name);
            let (client_id, server_id) = (call.client_id, call.server_id);
            line(
                &mut text,
                format_args!(
                    "  <channel><end pd=\"{client}\" id=\"{client_id}\" pp=\"true\"/>\
                     <end pd=\"{server}\" id=\"{server_id}\"/></channel>"
                ),
            );
        }
        text.push_str("</system>\n");
        text
    }

    /// A protection domain, and those that stand in it.
    fn domain(&self, text: &mut String, service: &Service) {
        let Service { name, priority, stack, program, .. } = service;
        let id = service.parent.as_ref().map_or_else(String::new, |(_, id)| format!(" id=\"{id}\""));
        line(
            text,
            format_args!(
                "  <protection_domain name=\"{name}\" priority=\"{priority}\" stack_size=\"{stack:#x}\"{id}>\n    \
                 <program_image path=\"{program}.elf\"/>"
            ),
        );
        if self.ballast > 0 && self.services.first().is_some_and(|first| first.name == *name) {
            line(text, format_args!("    <map mr=\"ballast\" vaddr=\"0x10_000_000\" perms=\"rw\"/>"));
        }
        for [_, _, element] in &service.holds {
            line(text, format_args!("    {element}"));
        }
        for child in self.children(name) {
            self.domain(text, child);
        }
        line(text, format_args!("  </protection_domain>"));
    }

    fn children(&self, of: &str) -> impl Iterator<Item = &Service> {
        self.services.iter().filter(move |child| child.parent.as_ref().is_some_and(|(name, _)| name == of))
    }

    fn manifest(&self, index: usize) -> String {
        let service = &self.services[index];
        let mut text = format!(
            "partenza: \"1.0\"\nid: {}\nversion: {}\nentrypoint: {}.elf\nlayer: {}\n\
             health: {{startup_timeout: {}{}}}\nrestart: {}\n",
            service.name,
            service.version,
            service.program,
            service.layer,
            service.startup_timeout,
            service.health,
            service.restart
        );
        if let Some(critical) = service.critical {
            line(&mut text, format_args!("critical: {critical}"));
        }
        if let Some((interface, version)) = &service.provides {
            line(&mut text, format_args!("provides: [{{interface: {interface}, version: {version}}}]"));
        }
        list(&mut text, "requires", service.requires.iter().cloned());
        let called = self.calls.iter().filter(|call| call.client == index);
        let mut needs: Vec<String> = called.map(|call| format!("{{call: {}}}", call.interface)).collect();
        // One need, however many provide it.
        needs.dedup();
        if !service.operations.is_empty() {
            needs.push(format!("{{supervisor: [{}]}}", service.operations.join(", ")));
        }
        if index == 0 && self.ballast > 0 {
            needs.push("{memory: ballast}".to_owned());
        }
        needs.extend(self.children(&service.name).map(|child| format!("{{child-control: {}}}", child.name)));
        needs.extend(service.holds.iter().map(|[need, ..]| need.clone()));
        if !needs.is_empty() {
            line(&mut text, format_args!("capabilities: {{required: [{}]}}", needs.join(", ")));
        }
        list(&mut text, "args", service.args.iter().map(|arg| format!("{arg:?}")));
        for more in &service.manifest {
            line(&mut text, format_args!("{more}"));
        }
        text
    }

    fn partenza(&self) -> String {
        let mut text = format!(
            "partenza: \"1.0\"\nsystem: {}\nboot:\n  parallel: {}\n  layers: {{",
            self.name, self.parallel
        );
        let budgets: Vec<String> =
            self.budgets.iter().map(|(layer, time)| format!("{layer}: {time}")).collect();
        line(&mut text, format_args!("{}}}\n{}services:", budgets.join(", "), self.boot));
        for (index, service) in self.services.iter().enumerate() {
            let served = self.calls.iter().filter(|call| call.server == index);
            let served: Vec<String> = served.map(|call| call.server_id.to_string()).collect();
            let mut channels: Vec<(&str, &str, Vec<String>)> = Vec::new();
            for call in self.calls.iter().filter(|call| call.client == index) {
                let id = call.client_id.to_string();
                match channels.iter_mut().find(|(interface, ..)| *interface == call.interface) {
                    Some((.., ids)) => ids.push(id),
                    None => channels.push((&call.interface, &call.more, vec![id])),
                }
            }
            let granted: Vec<String> = channels
                .iter()
                .map(|(interface, more, ids)| format!("{interface}: {{channel: [{}]{more}}}", ids.join(", ")))
                .collect();
            line(&mut text, format_args!("  {}:", service.name));
            if let (Some((interface, _)), false) = (&service.provides, served.is_empty()) {
                let served = served.join(", ");
                line(&mut text, format_args!("    provides: {{{interface}: {{channel: [{served}]}}}}"));
            }
            let mut grants = Vec::new();
            if !granted.is_empty() {
                grants.push(format!("call: {{{}}}", granted.join(", ")));
            }
            if !service.operations.is_empty() {
                grants.push(format!("supervisor: [{}]", service.operations.join(", ")));
            }
            if index == 0 && self.ballast > 0 {
                grants.push("memory: {ballast: ballast}".to_owned());
            }
            let children: Vec<String> =
                self.children(&service.name).map(|child| format!("{0}: {0}", child.name)).collect();
            if !children.is_empty() {
                grants.push(format!("child-control: {{{}}}", children.join(", ")));
            }
            grants.extend(service.holds.iter().map(|[_, grant, _]| grant.clone()));
            line(&mut text, format_args!("    grants: {{{}}}", grants.join(", ")));
            for more in &service.entry {
                line(&mut text, format_args!("    {more}"));
            }
        }
        for more in &self.config {
            line(&mut text, format_args!("{more}"));
        }
        text
    }
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{arguments}");
}

fn list(text: &mut String, field: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.collect();
    if !items.is_empty() {
        line(text, format_args!("{field}: [{}]", items.join(", ")));
    }
}
