//! What a box does without when it fails: television goes on, and the page about this box says what is missing.

/// Something whose failure must never end the program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Convenience {
    /// The web remote cannot listen at this address.
    WebRemote { address: String },
    /// Devices of remote controls cannot be followed.
    RemoteControls,
    /// The configuration says something of these options that cannot be understood; their defaults hold.
    Options { names: String },
    /// The system has no root certificates: nothing can be fetched over HTTPS.
    Certificates,
    /// The font of rare characters is not installed: they are drawn as empty boxes.
    RareCharacters,
}
