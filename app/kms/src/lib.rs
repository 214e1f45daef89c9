//! The box's display: DRM planes for the UI and the video.
