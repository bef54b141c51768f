use super::super::written::ScenarioFile;
use super::*;

fn flow(requests: &str, data: &str, take: &str) -> Result<Flow> {
    let written: WrittenFlow = serde_json::from_str(&format!(r#"{{"name":"f","requests":{requests}}}"#)).unwrap();
    Flow::new(&written, &Data(serde_json::from_str(data).unwrap()), &serde_json::from_str(take).unwrap())
}

fn get(path: &str) -> String {
    format!(r#"[{{"step":"s","method":"GET","path":"{path}"}}]"#)
}

/// Why a whole file is refused.
fn refused(text: &str) -> String {
    format!("{:#}", ScenarioFile::parse(text).expect_err(text))
}

fn file(requests: &str, more: &str) -> String {
    format!(r#"{{"name":"n","about":"a","flows":[{{"name":"f","requests":{requests}}}]{more}}}"#)
}

#[test]
fn a_row_in_a_path_is_escaped_as_k6_does() {
    let flow = flow(&get("/o/{order}?by={who.name}"), r#"{"order":["a/b ?é"],"who":[{"name":7}]}"#, "{}").unwrap();
    assert_eq!(flow.requests[0].fill(&[0, 0]).path, "/o/a%2Fb%20%3F%C3%A9?by=7");
}

#[test]
fn a_row_in_a_body_stays_a_json_string() {
    let requests = r#"[{"step":"s","method":"POST","path":"/","body":
        {"who":"\"{name}\" {{x}}","n":[1.5,null,true,"{name}"],"{key}":{}},"expect":201}]"#;
    let flow = flow(requests, r#"{"name":["a\"b\\c\n\u0001"]}"#, "{}").unwrap();
    let request = flow.requests[0].fill(&[0]);
    let body: Value = serde_json::from_str(&request.body.unwrap()).unwrap();
    let name = "a\"b\\c\n\u{1}";
    let expected = serde_json::json!({ "who": format!("\"{name}\" {{x}}"), "n": [1.5, null, true, name], "{key}": {} });
    assert_eq!((body, request.expect_status, request.method), (expected, Some(201), Method::POST));
}

#[test]
fn rows_are_taken_in_turn_or_at_random() {
    let data = r#"{"a":[0,1,2],"b":[0,1,2,3],"unused":[]}"#;
    let flow = flow(&get("/{a}/{b}"), data, r#"{"a":"in-turn","b":"random"}"#).unwrap();
    let mut asked = Vec::new();
    let chosen: Vec<Vec<usize>> = (0..4)
        .map(|iteration| {
            flow.choose(iteration, |rows| {
                asked.push(rows);
                3
            })
        })
        .collect();
    // Only what is taken at random uses a random number, and a list without a place uses none.
    assert_eq!((chosen, asked), (vec![vec![0, 3, 0], vec![1, 3, 0], vec![2, 3, 0], vec![0, 3, 0]], vec![4; 4]));
}

#[test]
fn a_place_without_rows_is_refused() {
    for (path, data, why) in [
        ("/{oder}", r#"{"order":[1]}"#, "no list `oder`; the data are: order"),
        ("/{order}", "{}", "the data are: none"),
        ("/{order}", r#"{"order":[]}"#, "the list `order` is empty"),
        ("/{order.id}", r#"{"order":[{"id":1},{}]}"#, "wants a text or a number in every row"),
        ("/{order}", r#"{"order":[{"id":1}]}"#, "wants a text or a number"),
        ("/{order", r#"{"order":[1]}"#, "without its other half"),
        ("/a b", "{}", "not a valid HTTP request"),
    ] {
        let error = flow(&get(path), data, "{}").err().unwrap_or_else(|| panic!("{path} with {data}"));
        assert!(format!("{error:#}").contains(why), "{path}: {error:#}");
        assert!(format!("{error:#}").contains("step `s`"), "{error:#}");
    }
}

#[test]
fn a_broken_file_says_what_to_write() {
    let ok = get("/");
    assert_eq!(ScenarioFile::parse(&file(&ok, "")).unwrap().steps(), ["s"]);
    for (text, why) in [
        ("{".to_owned(), "line 1"),
        (file(&ok, r#","fows":1"#), "unknown field `fows`"),
        (file(&ok, r#","data":{},"data_from":"/d""#), "keep the one that is meant"),
        (file(&ok, r#","data_from":"d""#), "starts with `/`"),
        (file(&ok, r#","take":{"order":"in-turn"}"#), "`take` names the list `order`"),
        (file(&ok, r#","take":{"order":"in turn"}"#), "in-turn"),
        (file("[]", ""), "has no request"),
        (r#"{"name":"n","flows":[]}"#.into(), "`flows` is empty"),
        (r#"{"name":"a b","flows":[]}"#.into(), "letters, digits"),
        (file(&ok, "").replace("\"name\":\"f\"", "\"name\":\"f\",\"weight\":0"), "all weights are 0"),
        (file(&ok, "").replace("\"name\":\"f\"", "\"name\":\"f\",\"weight\":-1"), "-1"),
        (file(&ok, "").replace("\"name\":\"f\"", "\"name\":\"f\",\"at_once\":0"), "`at_once` of flow `f` is 0"),
        (file(&ok.replace("GET", "get"), ""), "no method `get`: write one of GET"),
        (file(&ok.replace("GET", "FETCH"), ""), "no method `FETCH`"),
        (file(&get("orders"), ""), "`orders` does not start with `/`"),
        (file(&ok.replace("\"s\"", "\"a,b\""), ""), "step `a,b`"),
        (file(&ok.replace("\"s\"", "\"overall\""), ""), "no step is called `overall`"),
        (file(&ok.replace("\"/\"", "\"/\",\"expect\":20"), ""), "from 100 to 599"),
        (file(&ok.replace("\"/\"", "\"/\",\"headers\":{\"a b\":\"c\"}"), ""), "not a valid HTTP request"),
    ] {
        let message = refused(&text);
        assert!(message.contains(why), "{text}: {message}");
    }
}

#[test]
fn a_flow_without_weight_is_never_taken_and_its_steps_are_still_shown() {
    let two = r#"{"name":"n","flows":[{"name":"a","weight":0,"requests":[{"step":"x","method":"GET","path":"/"}]},
        {"name":"b","requests":[{"step":"y","method":"GET","path":"/"},{"step":"x","method":"GET","path":"/2"}]}]}"#;
    let file = ScenarioFile::parse(two).unwrap();
    assert_eq!(file.steps(), ["x", "y"]);
    assert_eq!(file.with(&Data::default()).unwrap().steps(), ["x", "y"]);
}

#[test]
fn every_customer_of_the_data_can_be_listed() {
    let data = r#"{"a":[0,1],"b":[0,1,2]}"#;
    let paths =
        |flow: &Flow| -> Vec<String> { flow.visits().into_iter().flatten().map(|request| request.path).collect() };
    let both = flow(&get("/{a}/{b}"), data, r#"{"a":"in-turn"}"#).unwrap();
    assert_eq!((paths(&both), both.is_in_turn()), (vec!["/0/0".into(), "/1/1".into(), "/0/2".into()], false));
    let none = flow(&get("/fast"), data, "{}").unwrap();
    assert_eq!((paths(&none), none.at_once()), (vec!["/fast".into()], 1));
    assert!(flow(&get("/{a}"), data, r#"{"a":"in-turn"}"#).unwrap().is_in_turn());
}
