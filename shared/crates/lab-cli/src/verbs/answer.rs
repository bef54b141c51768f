//! `lab answer`: the diagnosis, stated before the fix and graded. Feedback only.

use std::io::{BufRead, IsTerminal};

use anyhow::Result;
use serde_json::json;

use lab_core::catalogue::{self, Lab, Question};
use lab_core::error::Usage;
use lab_core::next::{self, Stand};
use lab_core::progress;
use lab_core::say;
use lab_core::terminal::{COMMAND, GOOD, HEADING, WARN, is_read, paint, print, print_json, print_words};
use lab_core::workspace::Workspace;

/// Asks, or takes the choices from the command line, and grades.
pub fn run(workspace: &Workspace, lab: &Lab, choices: &[usize], json: bool) -> Result<u8> {
    let questions = catalogue::solution(workspace, lab)?.meta.diagnosis;
    let choices = match choices {
        [] => ask(lab, &questions)?,
        given if given.len() == questions.len() => given.to_vec(),
        given => {
            let message = format!("{} questions, but {} choices", questions.len(), given.len());
            return Err(Usage(format!("{message}: `cargo lab answer {}` shows the questions", lab.nn())).into());
        }
    };
    for (question, choice) in questions.iter().zip(&choices) {
        if !(1..=question.choices.len()).contains(choice) {
            let most = question.choices.len();
            return Err(Usage(format!("{choice} is no choice: 1 to {most} for \"{}\"", question.question)).into());
        }
    }
    let right = questions.iter().zip(&choices).filter(|(question, choice)| question.answer == **choice).count();
    let score = format!("{right} of {}", questions.len());
    progress::note(workspace, &lab.name, |progress| {
        progress.diagnosis = Some(score.clone());
        progress.choices = choices.clone();
    });
    if json {
        let graded: Vec<_> = questions
            .iter()
            .zip(&choices)
            .map(|(q, choice)| {
                let against = q.against(*choice);
                json!({ "question": q.question, "choice": choice, "right": q.answer == *choice, "not_because": against })
            })
            .collect();
        print_json(&json!({ "lab": lab.name, "right": right, "of": questions.len(), "answers": graded }))?;
        return Ok(0);
    }
    for (question, choice) in questions.iter().zip(&choices) {
        grade(question, *choice);
    }
    say!("{score} right.");
    match next::stand(workspace, lab) {
        Stand::Untouched if right < questions.len() => {
            print_words(&format!("Look at the evidence again, then: {}", paint(COMMAND, next::command(lab, "answer"))));
        }
        Stand::Untouched => {
            let file = workspace.show(&lab.folder.join(&lab.meta.edit));
            print_words(&format!("Next: fix it in {file}, then {}", paint(COMMAND, next::command(lab, "verify"))));
        }
        Stand::Edited | Stand::Solved => next::say_after(workspace, lab, "answer"),
    }
    Ok(0)
}

fn grade(question: &Question, choice: usize) {
    say!("{}  {}", question.question, question.choices[choice - 1]);
    match choice == question.answer {
        true => say!("  {}: {}.", paint(GOOD, "right"), question.because),
        // The right choice is not named: there is still something to find out.
        false => match question.against(choice) {
            Some(words) => say!("  {}: {words}.", paint(WARN, "not that")),
            None => say!("  {}: look again, then answer once more.", paint(WARN, "not that")),
        },
    }
}

fn ask(lab: &Lab, questions: &[Question]) -> Result<Vec<usize>> {
    let mut chosen = Some(Vec::new());
    for question in questions {
        say!("{}", paint(HEADING, &question.question));
        for (i, choice) in question.choices.iter().enumerate() {
            say!("  {}  {choice}", i + 1);
        }
        // Where nobody answers, the other questions are shown all the same: the command line answers all of them.
        if let Some(mut earlier) = chosen.take() {
            chosen = read_choice(question.choices.len())?.map(|choice| {
                earlier.push(choice);
                earlier
            });
        }
        say!();
    }
    chosen.ok_or_else(|| {
        let numbers = vec!["N"; questions.len()].join(" ");
        let command = format!("cargo lab answer {} {numbers}", lab.nn());
        Usage(format!("no answer was given. To answer without being asked, type {command}, a number for each N")).into()
    })
}

/// A number from 1 to `most`; nothing at the end of the input, or where nobody can read the question.
fn read_choice(most: usize) -> Result<Option<usize>> {
    let stdin = std::io::stdin();
    loop {
        if stdin.is_terminal() {
            print(&format!("Your choice, 1 to {most}: "));
            if !is_read() {
                return Ok(None);
            }
        }
        let mut line = String::new();
        if stdin.lock().read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim().parse() {
            Ok(choice) if (1..=most).contains(&choice) => return Ok(Some(choice)),
            _ => say!("Type a number from 1 to {most}."),
        }
    }
}
