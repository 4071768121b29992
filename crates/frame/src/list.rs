//! Short lists that live in constants.

/// At most `N` items, held in place, so that a layout made of lists is `Copy` and can be a `const`.
///
/// Invariant: `len <= N`; the items behind `len` are padding and never seen.
#[derive(Clone, Copy)]
pub(crate) struct List<T, const N: usize> {
    items: [T; N],
    len: usize,
}

impl<T: Copy, const N: usize> List<T, N> {
    /// No items; `padding` fills the places.
    pub(crate) const fn empty(padding: T) -> Self {
        List { items: [padding; N], len: 0 }
    }

    /// The list with `item` behind the others, or `None` where it is full.
    pub(crate) const fn with(mut self, item: T) -> Option<Self> {
        if self.len == N {
            return None;
        }
        self.items[self.len] = item;
        self.len += 1;
        Some(self)
    }

    /// The items.
    #[inline(always)]
    pub(crate) const fn as_slice(&self) -> &[T] {
        self.items.split_at(self.len).0
    }

    /// How many items there are.
    #[inline(always)]
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<T: Copy + PartialEq, const N: usize> PartialEq for List<T, N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<T: Copy + Eq, const N: usize> Eq for List<T, N> {}

impl<T: Copy + std::fmt::Debug, const N: usize> std::fmt::Debug for List<T, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.as_slice()).finish()
    }
}
