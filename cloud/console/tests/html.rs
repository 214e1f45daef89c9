//! A strict reader of HTML: what a browser would repair, it refuses.

use std::collections::BTreeMap;

/// Elements that have no end tag.
const VOID: [&str; 7] = ["meta", "link", "input", "br", "img", "hr", "source"];

#[derive(Debug)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    /// Where its ancestors stand in [`Document::elements`], the nearest last.
    pub ancestors: Vec<usize>,
    /// The text directly in it, entities as they were written.
    pub text: String,
}

#[derive(Debug)]
pub struct Document {
    pub elements: Vec<Element>,
}

impl Element {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

impl Document {
    /// Reads a page or a fragment; says what is wrong with it.
    pub fn parse(html: &str) -> Result<Document, String> {
        let mut elements: Vec<Element> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let mut rest = html;
        while !rest.is_empty() {
            let (text, tag) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            if let Some(current) = open.last() {
                check_text(text)?;
                elements[*current].text.push_str(text);
            }
            let Some(tag) = tag.strip_prefix('<') else { break };
            if let Some(after) = tag.strip_prefix("!DOCTYPE html>") {
                rest = after;
                continue;
            }
            let end = end_of_tag(tag)?;
            let inner = &tag[..end];
            rest = &tag[end + 1..];
            if let Some(name) = inner.strip_prefix('/') {
                let current = open.pop().ok_or_else(|| format!("</{name}> ends what was not begun"))?;
                if elements[current].name != name {
                    return Err(format!("</{name}> ends <{}>", elements[current].name));
                }
                continue;
            }
            let (name, attributes) = read_tag(inner)?;
            elements.push(Element { name: name.clone(), attributes, ancestors: open.clone(), text: String::new() });
            let this = elements.len() - 1;
            if name == "script" {
                let end = rest.find("</script>").ok_or("a script does not end")?;
                elements[this].text = rest[..end].to_owned();
                rest = &rest[end + "</script>".len()..];
            } else if !VOID.contains(&name.as_str()) {
                open.push(this);
            }
        }
        match open.last() {
            Some(left) => Err(format!("<{}> is not ended", elements[*left].name)),
            None => Ok(Document { elements }),
        }
    }

    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements.iter().filter(move |element| element.name == name)
    }

    pub fn within<'a>(&'a self, element: &'a Element, name: &str) -> Option<&'a Element> {
        element.ancestors.iter().map(|at| &self.elements[*at]).find(|ancestor| ancestor.name == name)
    }

    pub fn has_id(&self, id: &str) -> bool {
        self.elements.iter().any(|element| element.get("id") == Some(id))
    }
}

/// The end of a tag, whose values may hold `>`.
fn end_of_tag(tag: &str) -> Result<usize, String> {
    let mut quoted = false;
    for (at, byte) in tag.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Ok(at),
            _ => {}
        }
    }
    Err(format!("a tag does not end: <{}", tag.chars().take(40).collect::<String>()))
}

fn read_tag(inner: &str) -> Result<(String, BTreeMap<String, String>), String> {
    let (name, mut rest) = inner.split_once(' ').unwrap_or((inner, ""));
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return Err(format!("<{inner}> is no tag"));
    }
    let mut attributes = BTreeMap::new();
    while !rest.trim_start().is_empty() {
        rest = rest.trim_start();
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let value;
        (value, rest) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').ok_or_else(|| format!("a value of {key} does not end"))?,
            None if after.starts_with('=') => return Err(format!("the value of {key} has no quotes")),
            None => ("", after),
        };
        check_text(value)?;
        if attributes.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(format!("<{name}> has {key} twice"));
        }
    }
    Ok((name.to_owned(), attributes))
}

/// Every `&` begins an entity that the renderer writes.
fn check_text(text: &str) -> Result<(), String> {
    const ENTITIES: [&str; 4] = ["amp;", "lt;", "gt;", "quot;"];
    for after in text.split('&').skip(1) {
        if !ENTITIES.iter().any(|entity| after.starts_with(entity)) {
            return Err(format!("a bare & before {:?}", after.chars().take(20).collect::<String>()));
        }
    }
    Ok(())
}
