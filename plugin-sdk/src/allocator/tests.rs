use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    collections::BTreeMap,
};

use super::{LARGEST, MOST_KEPT, Recycler};

/// The system's, counting blocks that it handed out.
#[derive(Default)]
struct Counting {
    handed_out: Cell<usize>,
    now: Cell<usize>,
}

// SAFETY: it is the system's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.handed_out.set(self.handed_out.get() + 1);
        self.now.set(self.now.get() + 1);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        self.now.set(self.now.get() - 1);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(block, layout) }
    }
}

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap()
}

fn fill(block: *mut u8, size: usize, byte: u8) {
    // SAFETY: the tests fill blocks of at least this size.
    unsafe { block.write_bytes(byte, size) };
}

fn holds(block: *mut u8, size: usize, byte: u8) -> bool {
    // SAFETY: the tests look at blocks that they have filled so far.
    let bytes = unsafe { std::slice::from_raw_parts(block, size) };
    bytes.iter().all(|at| *at == byte)
}

#[test]
fn a_freed_block_is_handed_out_again_for_its_size() {
    let recycler = Recycler::new(Counting::default());
    // SAFETY: each block is freed once, with its layout.
    unsafe {
        let first = recycler.alloc(layout(17, 1));
        recycler.dealloc(first, layout(17, 1));
        assert_eq!(recycler.alloc(layout(32, 8)), first);
        let other = recycler.alloc(layout(16, 8));
        assert_ne!(other, first);
        recycler.dealloc(first, layout(32, 8));
        recycler.dealloc(other, layout(16, 8));
    }
    assert_eq!(recycler.system.handed_out.get(), 2);
}

#[test]
fn what_is_large_or_widely_aligned_goes_back_to_the_system() {
    let recycler = Recycler::new(Counting::default());
    for layout in [layout(LARGEST + 1, 1), layout(64, 16)] {
        // SAFETY: the block is freed once, with its layout.
        unsafe {
            let block = recycler.alloc(layout);
            assert_eq!(block.addr() % layout.align(), 0);
            recycler.dealloc(block, layout);
        }
        assert_eq!(recycler.system.now.get(), 0);
    }
}

#[test]
fn no_more_than_some_blocks_of_a_size_are_kept() {
    let recycler = Recycler::new(Counting::default());
    let layout = layout(LARGEST, 8);
    // SAFETY: each block is freed once, with its layout.
    unsafe {
        let blocks: Vec<_> = (0..2 * MOST_KEPT).map(|_| recycler.alloc(layout)).collect();
        for block in blocks {
            recycler.dealloc(block, layout);
        }
    }
    assert_eq!(recycler.system.now.get(), MOST_KEPT);
}

#[test]
fn a_block_that_grows_or_shrinks_keeps_what_it_holds() {
    let recycler = Recycler::new(Counting::default());
    let sizes = [1, 16, 17, 900, 1024, 1025, 5000, 4000, 1024, 30, 3];
    // SAFETY: each layout is that of the block at its time.
    unsafe {
        let mut block = recycler.alloc(layout(sizes[0], 1));
        fill(block, sizes[0], 7);
        for pair in sizes.windows(2) {
            block = recycler.realloc(block, layout(pair[0], 1), pair[1]);
            assert!(holds(block, pair[0].min(pair[1]), 7), "{pair:?}");
            fill(block, pair[1], 7);
        }
        recycler.dealloc(block, layout(3, 1));
    }
}

/// Thousands of blocks that come and go: none overlaps another.
#[test]
fn blocks_in_use_are_never_shared() {
    let recycler = Recycler::new(System);
    let mut blocks: BTreeMap<u64, (*mut u8, usize)> = BTreeMap::new();
    let mut random = 1_u64;
    for step in 0..20_000_u64 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let size = (random >> 33) as usize % 2_000 + 1;
        // SAFETY: each block is freed once, with its layout.
        unsafe {
            let block = recycler.alloc(layout(size, 8));
            fill(block, size, step as u8);
            blocks.insert(step, (block, size));
            if let Some((block, size)) = blocks.remove(&(random >> 20 & step)) {
                recycler.dealloc(block, layout(size, 8));
            }
        }
    }
    for (step, (block, size)) in blocks {
        assert!(holds(block, size, step as u8), "block {step}");
        // SAFETY: it is freed once, with its layout.
        unsafe { recycler.dealloc(block, layout(size, 8)) };
    }
}
