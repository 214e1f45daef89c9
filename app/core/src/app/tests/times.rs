//! One rule of time on every screen, whatever the box's clock says.

use super::*;
use crate::view::{Osd, View};

/// What the box knows to have been reached: a day before the world begins.
const FLOOR: i64 = WALL / 1_000 - 86_400;
const YEAR: i64 = 365 * 86_400;

/// Clocks that cannot be right, in Unix seconds: of a box without a battery, of one that runs backwards, and of one
/// whose year is 2040.
const WRONG_CLOCKS: [i64; 5] = [0, -YEAR, 946_684_800, 2_208_988_800, i64::MAX / 2_000];

fn windowed(number: u32, not_before: Option<i64>, not_after: Option<i64>) -> Item {
    Item { not_before, not_after, ..item(Board::Party, "study", number, Content::Article) }
}

/// Items that began long ago, begin soon, begin in years, are over, and end in years.
fn box_at(wall: i64) -> Bench {
    let items = vec![
        windowed(1, Some(FLOOR - YEAR), None),
        windowed(2, Some(FLOOR + 7 * 86_400), None),
        windowed(4, Some(FLOOR + 3 * YEAR), None),
        windowed(5, None, Some(FLOOR - 60)),
        windowed(6, None, Some(FLOOR + 3 * YEAR)),
    ];
    Bench::configured(items, |_, _, now| now.wall = wall.saturating_mul(1_000))
}

fn shown(bench: &mut Bench) -> Vec<String> {
    bench.keys("red");
    titles(bench)
}

#[test]
fn a_box_that_does_not_know_the_time_shows_what_had_begun_when_it_last_knew() {
    for wall in WRONG_CLOCKS {
        assert_eq!(shown(&mut box_at(wall)), ["第 1 条", "第 6 条"], "at {wall}");
    }
    // One that knows the time goes by it.
    assert_eq!(shown(&mut box_at(FLOOR + 8 * 86_400)), ["第 1 条", "第 2 条", "第 6 条"]);
}

#[test]
fn a_box_that_does_not_know_the_time_fetches_what_it_shows_and_nothing_else() {
    let with_picture = |number, not_before, not_after| Item {
        cover: Some(picture(number)),
        ..windowed(number, not_before, not_after)
    };
    for wall in WRONG_CLOCKS {
        let items = vec![
            with_picture(1, Some(FLOOR - YEAR), None),
            with_picture(2, Some(FLOOR + YEAR), None),
            with_picture(3, None, Some(FLOOR - 60)),
        ];
        let mut bench = Bench::configured(items, |_, saved, now| {
            now.wall = wall.saturating_mul(1_000);
            saved.objects.clear();
        });
        bench.pass(5_000);
        let mut asked: Vec<Sha256> = Vec::new();
        for request in &bench.asked {
            if let NetRequest::FetchObject { object } = request {
                asked.push(object.sha256);
            }
        }
        asked.sort_unstable();
        assert_eq!(asked, [sha(1), sha(500_001)], "at {wall}");
    }
}

/// Every text in which a time, a day or a programme could be said.
fn said(view: &View) -> String {
    let mut said = vec![view.header.date.clone(), view.header.time.clone()];
    match &view.screen {
        Screen::Home(home) => {
            said.extend([home.live.line.clone(), home.live.title.clone()]);
            said.extend(home.boards.iter().map(|board| board.badge.clone()));
        }
        Screen::Board(board) => said.extend(board.rows.iter().map(|row| row.date.clone())),
        Screen::Reader(reader) => said.push(reader.meta.clone()),
        _ => {}
    }
    match &view.osd {
        Some(Osd::Banner(banner)) => said.extend([&banner.current, &banner.next, &banner.time].map(Clone::clone)),
        Some(Osd::Channels(list)) => said.extend(list.rows.iter().map(|row| row.line.clone())),
        _ => {}
    }
    said.join("|")
}

#[test]
fn a_box_that_does_not_know_the_time_says_no_time_no_day_and_no_programme() {
    for keys in ["", "ok", "home", "red", "red right ok"] {
        for wall in WRONG_CLOCKS {
            let mut bench = Bench::configured(items(), |_, _, now| now.wall = wall.saturating_mul(1_000));
            bench.keys(keys);
            let said = said(&bench.app.view());
            for word in ["今", "昨", "明", ":", "新闻", "星期"] {
                assert!(!said.contains(word), "`{keys}` at {wall}: {said}");
            }
        }
        let mut bench = Bench::new();
        bench.keys(keys);
        let said = said(&bench.app.view());
        assert!(["今", ":"].iter().any(|word| said.contains(word)), "`{keys}`: {said}");
    }
}

#[test]
fn a_day_without_a_today_is_said_with_its_year() {
    let mut bench = box_at(0);
    bench.keys("red");
    let Screen::Board(board) = bench.app.view().screen else { panic!("a board") };
    assert!(board.rows.iter().all(|row| row.date.starts_with("2026年11月")), "{:?}", board.rows);
}

#[test]
fn a_clock_that_jumps_takes_nothing_away_and_brings_nothing_early() {
    let mut bench = box_at(FLOOR + 86_400);
    let before = shown(&mut bench);
    for wall in WRONG_CLOCKS {
        bench.now.wall = wall.saturating_mul(1_000);
        bench.event(Event::Timeout);
        assert_eq!(titles(&bench), before, "at {wall}");
    }
    bench.now.wall = (FLOOR + 86_400) * 1_000;
    bench.event(Event::Timeout);
    assert_eq!(titles(&bench), before);
}

#[test]
fn what_was_watched_when_the_day_was_not_known_is_not_counted_for_another_day() {
    for wall in WRONG_CLOCKS {
        let mut bench = box_at(wall);
        bench.keys("red right ok");
        bench.event(Event::Ending);
        assert!(bench.committed.iter().all(|changes| changes.view_counts.is_empty()), "at {wall}");
    }
}
