//! All known attempts of a lab in one program, for its proof: each is a module, and the name under which the program is started says
//! which one runs. Compiled and linked once, and a fresh process for each.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::packages::{TOGETHER, write_package};
use super::{Arena, Attempt, CONTRACT, Ground, Programs, REEXPORT, Yours};
use crate::cargo::Built;
use crate::catalogue::Lab;
use crate::pristine::Files;
use crate::workspace::{Workspace, create_folder};

/// Where one file for each attempt lies: the same program under another name.
const PROGRAMS: &str = "programs";

/// A lab laid out with all of these attempts in the place of yours.
pub struct Together {
    /// The lab's arena.
    pub arena: Arena,
    /// Those that can be built with others, by name.
    names: Vec<String>,
}

impl Together {
    /// Lays out original, reference, and the attempts by name. One whose sources name what judges them is left out, as it is not built
    /// at all.
    pub fn lay_out(workspace: &Workspace, lab: &Lab, attempts: &[(&str, &Attempt)]) -> Result<Together> {
        let ground = Ground::lay_out(workspace, lab)?;
        let mut files = Files::from([("Cargo.toml".to_string(), ground.pristine["Cargo.toml"].clone())]);
        let mut names = Vec::new();
        for (name, attempt) in attempts {
            let Yours { files: yours, refused: None, .. } = ground.yours(&ground.files_of(attempt)?) else { continue };
            files.extend(yours.into_iter().filter_map(|(path, text)| Some((in_module(name, &path)?, text))));
            names.push(name.to_string());
        }
        files.insert(CONTRACT.into(), REEXPORT.into());
        files.insert("src/main.rs".into(), main(&names).into_bytes());
        write_package(&ground.folder.join(TOGETHER), &ground.lab, TOGETHER, &files)?;
        let arena = ground.with_members(workspace, &["original", "reference", TOGETHER], Yours::default())?;
        Ok(Together { arena, names })
    }

    /// Builds all of them: the programs to judge, by the attempt's name.
    pub fn build(&self, workspace: &Workspace) -> Result<BTreeMap<&str, Programs>> {
        let arena = &self.arena;
        let executables = match arena.build_all(workspace, "Building the known attempts", None)? {
            Built::Done(executables) => executables,
            Built::Failed(failure) => bail!("{}", failure.of(&arena.lab.name)),
        };
        let together = arena.program(&executables, TOGETHER)?;
        let folder = arena.folder.join(PROGRAMS);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        create_folder(&folder)?;
        let program = |name: &str| -> Result<PathBuf> {
            let link = folder.join(name);
            // No symbolic one, which a program that asks for its own file would see through.
            std::fs::hard_link(&together, &link)
                .or_else(|_| std::fs::copy(&together, &link).map(drop))
                .with_context(|| format!("Cannot write {}", link.display()))?;
            Ok(link)
        };
        let programs = |name: &str| -> Result<Programs> {
            Ok(Programs {
                original: arena.program(&executables, "original")?,
                yours: program(name)?,
                reference: arena.program(&executables, "reference")?,
                judge: None,
            })
        };
        self.names.iter().map(|name| Ok((name.as_str(), programs(name)?))).collect()
    }
}

/// `not_yet_caches`
fn module(name: &str) -> String {
    name.replace('-', "_")
}

/// Where a lab's file lies in the module of an attempt. The module's root is the library's; the program has a `main` of its own.
fn in_module(name: &str, path: &str) -> Option<String> {
    let rest = path.strip_prefix("src/").filter(|rest| *rest != "main.rs")?;
    Some(format!("src/{}/{}", module(name), if rest == "lib.rs" { "mod.rs" } else { rest }))
}

fn main(names: &[String]) -> String {
    let modules: String = names.iter().map(|name| format!("mod {};\n", module(name))).collect();
    let arms: String =
        names.iter().map(|name| format!("        Some({name:?}) => {}::main(),\n", module(name))).collect();
    format!(
        "//! Written by `lab dev check --prove`: every known attempt, and which one runs is told by this program's name.\n\
         #![allow(dead_code, unused)]\n\nmod contract;\n{modules}\n\
         #[global_allocator]\nstatic ALLOCATOR: lab_harness::Allocator = lab_harness::ALLOCATOR;\n\n\
         fn main() -> std::process::ExitCode {{\n    \
             let file = std::env::current_exe().expect(\"a program has a file\");\n    \
             match file.file_name().and_then(|name| name.to_str()) {{\n{arms}        \
                 name => panic!(\"no attempt is called {{name:?}}\"),\n    \
             }}\n}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_labs_files_lie_in_the_attempts_module_and_its_main_does_not() {
        assert_eq!(in_module("not-yet-caches", "src/lib.rs").as_deref(), Some("src/not_yet_caches/mod.rs"));
        assert_eq!(in_module("solution", "src/tiny/helper.rs").as_deref(), Some("src/solution/tiny/helper.rs"));
        assert_eq!(in_module("solution", "src/main.rs"), None);
        assert_eq!(in_module("solution", "Cargo.toml"), None);
    }

    #[test]
    fn the_program_runs_the_attempt_that_it_is_called() {
        let main = main(&["solution".into(), "not-yet-caches".into()]);
        assert!(main.contains("mod not_yet_caches;\n"));
        assert!(main.contains("Some(\"not-yet-caches\") => not_yet_caches::main(),\n"));
    }
}
