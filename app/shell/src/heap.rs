//! The C library's heap, in which pipelines come and go.
//!
//! What they leave free is kept by the library in case that it is wanted again: after 2,500 changes of the channel through
//! outages 140 of 230 MB were free, and growing. It is given back to the system when it has become much. Buffers that are
//! mapped one by one (`M_MMAP_THRESHOLD`) would keep it smaller still, but then each picture of a video is a new mapping:
//! measured, 9,000 page faults a second and a tenth more processor time for a clip of 720 lines.

#[cfg(target_env = "gnu")]
use std::time::Instant;

/// Free memory that has come to lie about, in bytes, before it is worth a picture's time to collect it.
const WORTH: u64 = 8 << 20;

/// For the very start of the program.
///
/// Decoders come and go with threads of their own. With an arena for each the C library keeps twice the memory: 290 MB
/// instead of 160 after a dozen videos.
///
/// GLib before 2.76 has an allocator of its own for small things, which keeps pages for each of these threads and never
/// returns one: 1.5 KB for each change of the channel, for ever. It asks the environment (`G_SLICE`) while it is being
/// loaded, before any line of this program, so the service's unit says that it is not to be used.
pub fn prepare() {
    #[cfg(target_env = "gnu")]
    // SAFETY: sets a number, before any other thread is there.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
    }
}

#[derive(Debug, Default)]
pub struct Heap {
    /// Resident but not in use after the last time: holes too small to be given back, and what is no heap.
    left: u64,
}

impl Heap {
    /// Gives back what has become free since the last time, if that is much. `resident` is what the process takes, in bytes.
    pub fn look(&mut self, resident: u64) {
        let slack = resident.saturating_sub(in_use());
        self.left = self.left.min(slack);
        if slack < self.left + WORTH {
            return;
        }
        #[cfg(target_env = "gnu")]
        {
            let started = Instant::now();
            // SAFETY: takes the library's own locks and touches free memory alone.
            unsafe { libc::malloc_trim(0) };
            let resident = crate::watchdog::resident().unwrap_or(resident);
            self.left = resident.saturating_sub(in_use());
            let (milliseconds, left) = (started.elapsed().as_millis(), self.left >> 20);
            tracing::debug!(
                "{} MiB of free memory given back in {milliseconds} ms, {left} kept",
                (slack - self.left.min(slack)) >> 20
            );
        }
    }
}

/// Bytes that the program has asked for and not returned.
#[cfg(target_env = "gnu")]
fn in_use() -> u64 {
    // SAFETY: reads the library's own counts, under its locks.
    let info = unsafe { libc::mallinfo2() };
    (info.uordblks + info.hblkhd) as u64
}

/// Other libraries keep no count; nothing is collected there.
#[cfg(not(target_env = "gnu"))]
fn in_use() -> u64 {
    u64::MAX
}

#[cfg(all(test, target_env = "gnu"))]
mod tests {
    use super::*;
    use crate::watchdog::resident;

    #[test]
    fn what_was_returned_in_pieces_goes_back_to_the_system() {
        // Below the size from which the library maps a block by itself; every thousandth stays in use, so that the heap
        // cannot simply be made shorter.
        const BLOCK: usize = 16 << 10;
        let mut heap = Heap::default();
        heap.look(resident().expect("this process has a status"));
        let mut blocks: Vec<Option<Vec<u8>>> = (0..12_000).map(|_| Some(vec![1; BLOCK])).collect();
        for (number, block) in blocks.iter_mut().enumerate() {
            if number % 1_000 != 999 {
                *block = None;
            }
        }
        let before = resident().expect("this process has a status");
        assert!(before > 150 << 20, "the library keeps what was returned: {before}");
        heap.look(before);
        let after = resident().expect("this process has a status");
        assert!(after < before / 2, "before {before}, after {after}");
        assert!(blocks.iter().flatten().all(|block| block.iter().all(|byte| *byte == 1)));
    }
}
