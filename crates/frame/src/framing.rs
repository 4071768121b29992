//! Where codecs have their layouts from.

use std::sync::Arc;

use crate::layout::Layout;

/// Where a codec has its layout from.
///
/// A layout known at build time should come from a type of no size ([`framing!`](crate::framing)): the compiler then sees
/// the layout in each codec and leaves nothing of it to be interpreted. One that is read at run time is shared.
pub trait Framing: Clone + Send + Sync + 'static {
    /// The layout, the same at each call.
    fn layout(&self) -> &Layout;
}

impl Framing for Arc<Layout> {
    #[inline]
    fn layout(&self) -> &Layout {
        self
    }
}

impl Framing for &'static Layout {
    #[inline]
    fn layout(&self) -> &Layout {
        self
    }
}

/// Declares types of no size that stand for layouts known at build time.
///
/// ```
/// use laster_frame::{Counts, Encoding, Field, Framing, Layout, framing};
///
/// framing! {
///     /// `u16be length`, then the payload.
///     pub struct Simple = Layout::new(&[Field::length(Encoding::U16Be, Counts::Payload)]).max_payload(512);
/// }
/// assert_eq!(Simple.layout().payload_limit(), 512);
/// ```
#[macro_export]
macro_rules! framing {
    ($($(#[$meta:meta])* $visibility:vis struct $name:ident = $layout:expr;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default)]
        $visibility struct $name;

        impl $name {
            /// The layout.
            pub const LAYOUT: $crate::Layout = $layout;
        }

        impl $crate::Framing for $name {
            #[inline(always)]
            fn layout(&self) -> &$crate::Layout {
                const { &Self::LAYOUT }
            }
        }
    )*};
}
