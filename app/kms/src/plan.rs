//! Which planes can show the UI and, below it, the video. What is found here follows from what the planes say of
//! themselves; whether the driver really does it is tried by [`negotiate`](crate::negotiate).

use crate::device::{Plane, Property};
use crate::formats::{OPAQUE, TRANSPARENT};
use drm::buffer::DrmFourcc;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub ui: Plane,
    pub format: DrmFourcc,
    pub video: Option<Plane>,
    pub order: Order,
}

/// What to write into the planes' `zpos`, if anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Order {
    pub ui: Option<u64>,
    pub video: Option<u64>,
}

/// Plans with a plane for the video, best first. The error says why there is none.
pub(crate) fn with_video(planes: &[Plane], crtc: u32) -> Result<Vec<Plan>, String> {
    let usable: Vec<&Plane> = planes.iter().filter(|plane| plane.crtcs.contains(&crtc)).collect();
    let transparent: Vec<&Plane> = usable.iter().copied().filter(|ui| format(ui, &TRANSPARENT).is_some()).collect();
    let video: Vec<&Plane> = usable.iter().copied().filter(|one| one.formats.contains(&DrmFourcc::Nv12)).collect();
    if transparent.is_empty() {
        return Err("no plane takes a transparent UI (ARGB8888 or ABGR8888)".to_owned());
    }
    if video.is_empty() {
        return Err("no plane takes pictures in NV12".to_owned());
    }
    let mut plans = Vec::new();
    let mut reason = "the only plane that takes pictures in NV12 is needed for the UI".to_owned();
    for ui in &transparent {
        for video in video.iter().filter(|video| video.id != ui.id) {
            match order(ui, video) {
                Ok(order) => plans.extend(format(ui, &TRANSPARENT).map(|format| Plan {
                    ui: (*ui).clone(),
                    format,
                    video: Some((*video).clone()),
                    order,
                })),
                Err(why) => reason = why,
            }
        }
    }
    // Most drivers want their primary plane to be on always, as the UI is; what is stacked rightly by itself is safer.
    plans.sort_by_key(|plan| (!plan.ui.primary, plan.order != Order::default()));
    if plans.is_empty() { Err(reason) } else { Ok(plans) }
}

/// Plans with the UI alone, best first.
pub(crate) fn without_video(planes: &[Plane], crtc: u32) -> Vec<Plan> {
    let usable = planes.iter().filter(|plane| plane.crtcs.contains(&crtc));
    let mut plans: Vec<Plan> = usable
        .filter_map(|ui| {
            Some(Plan { ui: ui.clone(), format: format(ui, &OPAQUE)?, video: None, order: Order::default() })
        })
        .collect();
    plans.sort_by_key(|plan| !plan.ui.primary);
    plans
}

fn format(plane: &Plane, wanted: &[DrmFourcc]) -> Option<DrmFourcc> {
    wanted.iter().copied().find(|format| plane.formats.contains(format))
}

/// How the video comes to lie below the UI.
fn order(ui: &Plane, video: &Plane) -> Result<Order, String> {
    let (Some(above), Some(below)) = (ui.properties.get("zpos"), video.properties.get("zpos")) else {
        // Without zpos only the convention is left: the primary plane is below the overlays.
        let conventional = video.primary && !ui.primary;
        return if conventional {
            Ok(Order::default())
        } else {
            Err(format!("whether plane {} with the video lies below plane {} is not said (no zpos)", video.id, ui.id))
        };
    };
    if below.value < above.value {
        return Ok(Order::default());
    }
    let lowest = settable(below).map_or(below.value, |(low, _)| low);
    let wanted = settable(above).map_or(above.value, |(low, _)| low.max(lowest + 1));
    let reachable = settable(above).is_none_or(|(_, high)| wanted <= high);
    if lowest < wanted && reachable {
        let set = |property: &Property, value: u64| settable(property).map(|_| value);
        Ok(Order { ui: set(above, wanted), video: set(below, lowest) })
    } else {
        Err(format!(
            "plane {}, which takes pictures in NV12, lies above plane {} with the UI and cannot be moved (zpos)",
            video.id, ui.id
        ))
    }
}

fn settable(zpos: &Property) -> Option<(u64, u64)> {
    zpos.range.filter(|(low, high)| zpos.mutable && low < high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::planes::{NV12_ONLY, TRUE_COLOUR, XRGB_ONLY, overlay, primary, with_zpos};

    /// `zpos`: value and, when it can be changed, the range.
    type Zpos = (u64, Option<(u64, u64)>);

    #[track_caller]
    fn check(ui: Zpos, video: Zpos, expected: Option<(Option<u64>, Option<u64>)>) {
        let ui = with_zpos(primary(1, &TRUE_COLOUR), ui.0, ui.1);
        let video = with_zpos(overlay(2, &NV12_ONLY), video.0, video.1);
        let found = with_video(&[ui, video], 100).map(|plans| (plans[0].order.ui, plans[0].order.video));
        assert_eq!(found.clone().ok(), expected, "{found:?}");
    }

    #[test]
    fn an_immutable_order_is_respected() {
        check((1, None), (0, None), Some((None, None)));
        check((0, None), (1, None), None);
        check((1, None), (1, None), None);
    }

    #[test]
    fn a_mutable_order_is_set_where_it_is_wrong() {
        check((2, Some((0, 3))), (1, Some((0, 3))), Some((None, None)));
        check((0, Some((0, 3))), (1, Some((0, 3))), Some((Some(1), Some(0))));
        check((0, Some((0, 3))), (1, None), Some((Some(2), None)));
        check((0, Some((0, 1))), (1, None), None);
        check((1, None), (2, Some((0, 3))), Some((None, Some(0))));
        check((0, None), (2, Some((0, 3))), None);
        check((0, None), (2, Some((1, 3))), None);
    }

    #[test]
    fn without_zpos_only_the_primary_plane_is_known_to_lie_below() {
        let both = [DrmFourcc::Argb8888, DrmFourcc::Nv12];
        let plans = with_video(&[primary(1, &both), overlay(2, &TRUE_COLOUR)], 100).expect("a plan");
        assert_eq!((plans[0].ui.id, plans[0].video.as_ref().map(|video| video.id)), (2, Some(1)));
        let reason = with_video(&[primary(1, &TRUE_COLOUR), overlay(2, &NV12_ONLY)], 100);
        assert!(reason.is_err_and(|reason| reason.contains("no zpos")));
    }

    #[test]
    fn the_reason_for_having_no_video_plane_is_named() {
        let reason = |planes: &[Plane]| with_video(planes, 100).expect_err("no plan");
        assert!(reason(&[primary(1, &XRGB_ONLY), overlay(2, &NV12_ONLY)]).contains("transparent"));
        assert!(reason(&[primary(1, &TRUE_COLOUR)]).contains("NV12"));
        assert!(reason(&[primary(1, &[DrmFourcc::Argb8888, DrmFourcc::Nv12])]).contains("needed for the UI"));
    }

    #[test]
    fn planes_of_other_crtcs_are_not_used() {
        assert!(with_video(&[primary(1, &TRUE_COLOUR), overlay(2, &NV12_ONLY)], 101).is_err());
        assert!(without_video(&[primary(1, &TRUE_COLOUR)], 101).is_empty());
    }

    #[test]
    fn the_ui_alone_takes_the_primary_plane_and_needs_no_alpha() {
        let plans = without_video(&[overlay(2, &TRUE_COLOUR), primary(1, &XRGB_ONLY)], 100);
        assert_eq!((plans[0].ui.id, plans[0].format), (1, DrmFourcc::Xrgb8888));
    }
}
