//! The allocator of components.
//!
//! A call of a transform is some twenty small allocations (names, columns, their values), all freed again before the
//! next call, which asks for the same sizes. So blocks up to a KiB are of few sizes, and some freed ones of each are kept
//! to be handed out again: that takes a few instructions, where a general allocator takes a hundred. All else is the
//! system's, and so are blocks beyond those few: what a call needed once doesn't stay split into small pieces.
#![allow(
    unsafe_code,
    reason = "allocators deal in raw pointers; nothing else of the crate does"
)]

use std::{
    alloc::{GlobalAlloc, Layout},
    cell::Cell,
    ptr,
};

/// The sizes are powers of two from this one on.
const SMALLEST: usize = 16;
const SIZES: usize = 7;
const LARGEST: usize = SMALLEST << (SIZES - 1);
/// The alignment that blocks have.
const ALIGNMENT: usize = 8;
/// How many freed blocks of a size are kept: all sizes together are 127 KiB.
const MOST_KEPT: usize = 64;

/// Keeps small blocks that were freed, in front of another allocator.
pub(crate) struct Recycler<A> {
    sizes: [Kept; SIZES],
    system: A,
}

/// The freed blocks of a size. Each begins with the address of the next.
struct Kept {
    first: Cell<*mut u8>,
    length: Cell<usize>,
}

impl Kept {
    const fn none() -> Self {
        Self {
            first: Cell::new(ptr::null_mut()),
            length: Cell::new(0),
        }
    }

    #[inline]
    fn take(&self) -> Option<*mut u8> {
        let block = self.first.get();
        if block.is_null() {
            return None;
        }
        // SAFETY: `put` wrote the address there, and nobody has the block since.
        self.first.set(unsafe { block.cast::<*mut u8>().read() });
        self.length.set(self.length.get() - 1);
        Some(block)
    }

    /// Whether there was room.
    ///
    /// # Safety
    /// The block is of this size, and nobody uses it any more.
    #[inline]
    unsafe fn put(&self, block: *mut u8) -> bool {
        let length = self.length.get();
        if length == MOST_KEPT {
            return false;
        }
        // SAFETY: a block has room for an address and its alignment, and it is ours now.
        unsafe { block.cast::<*mut u8>().write(self.first.get()) };
        self.first.set(block);
        self.length.set(length + 1);
        true
    }
}

impl<A> Recycler<A> {
    pub(crate) const fn new(system: A) -> Self {
        Self {
            sizes: [const { Kept::none() }; SIZES],
            system,
        }
    }
}

/// The index of the size that a layout gets; none where it gets a block of the system's.
#[inline]
fn size_index(layout: Layout) -> Option<usize> {
    let bytes = layout.size();
    if bytes > LARGEST || layout.align() > ALIGNMENT || bytes == 0 {
        return None;
    }
    let bits = usize::BITS - (bytes - 1).leading_zeros();
    Some(bits.saturating_sub(SMALLEST.trailing_zeros()) as usize)
}

/// What the system is asked for where a block of a size is missing.
#[inline]
fn block(index: usize) -> Layout {
    // SAFETY: the alignment is a power of two, and the size is small.
    unsafe { Layout::from_size_align_unchecked(SMALLEST << index, ALIGNMENT) }
}

// SAFETY: a block is handed out once until it is freed, and is as large and as aligned as its layout says: a layout has
// one size, which is that of all blocks that are kept for it. What comes from the system goes back to it with the
// layout that it came with.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Recycler<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(index) = size_index(layout) else {
            // SAFETY: as the caller promises.
            return unsafe { self.system.alloc(layout) };
        };
        match self.sizes[index].take() {
            Some(block) => block,
            // SAFETY: a block isn't empty.
            None => unsafe { self.system.alloc(block(index)) },
        }
    }

    #[inline]
    unsafe fn dealloc(&self, freed: *mut u8, layout: Layout) {
        let Some(index) = size_index(layout) else {
            // SAFETY: as the caller promises, and it came from there.
            return unsafe { self.system.dealloc(freed, layout) };
        };
        // SAFETY: the caller gives the block up, and its layout tells its size.
        let kept = unsafe { self.sizes[index].put(freed) };
        if !kept {
            // SAFETY: it came from there with this layout.
            unsafe { self.system.dealloc(freed, block(index)) };
        }
    }

    #[inline]
    unsafe fn realloc(&self, old: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        let wanted = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        let sizes = (size_index(layout), size_index(wanted));
        match sizes {
            (None, None) => {
                // SAFETY: as the caller promises, and it came from there.
                return unsafe { self.system.realloc(old, layout, new_size) };
            }
            (before, after) if before == after => return old,
            _ => {}
        }
        // SAFETY: the new block is another one, both have what is copied, and the old one came from here.
        unsafe {
            let new = self.alloc(wanted);
            if !new.is_null() {
                ptr::copy_nonoverlapping(old, new, layout.size().min(new_size));
                self.dealloc(old, layout);
            }
            new
        }
    }
}

#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
mod component {
    use std::alloc::System;

    use super::Recycler;

    // SAFETY: without atomics there is one thread.
    unsafe impl Sync for Recycler<System> {}

    #[global_allocator]
    static ALLOCATOR: Recycler<System> = Recycler::new(System);
}

#[cfg(test)]
mod tests;
