use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every word.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in tables and messages.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|known| known.as_str() == text).ok_or_else(|| {
                    let words: Vec<&str> = Self::ALL.iter().map(|known| known.as_str()).collect();
                    format!("`{text}` is none of {}", words.join(", "))
                })
            }
        }
    };
}
pub(super) use words;

words! {
    /// How one try of a task ended.
    AttemptStatus {
        /// Every required field was found.
        Success = "success",
        /// The page or the extraction failed.
        Failed = "failed",
        /// The time for an attempt was up.
        Timeout = "timeout",
        /// The site kept us out.
        Blocked = "blocked",
        /// Stopped by a person or a budget.
        Cancelled = "cancelled",
    }
}

words! {
    /// Why an attempt failed, coarsely; decides about retries.
    FailureCategory {
        /// The page came, a required field did not.
        ExtractionFailed = "extraction_failed",
        /// No usable page: no such host, 404, 500, too large, a download.
        PageError = "page_error",
        /// The site kept us out.
        Blocked = "blocked",
        /// The time for an attempt was up.
        Timeout = "timeout",
    }
}

words! {
    /// What kept us out.
    BlockedReason {
        /// A test that asks for a human.
        Captcha = "captcha",
        /// The page wants an account.
        LoginRequired = "login_required",
        /// The page wants money.
        Paywall = "paywall",
        /// The page is not for this country.
        GeoBlocked = "geo_blocked",
        /// Too many requests.
        RateLimited = "rate_limited",
        /// Consent is asked for before anything is shown.
        ConsentWall = "consent_wall",
        /// robots.txt says no.
        Robots = "robots",
        /// The address is not one that a campaign may reach.
        AddressGuard = "address_guard",
    }
}

words! {
    /// Why an attempt was made.
    Trigger {
        /// The first.
        Initial = "initial",
        /// After a failure that is worth another try.
        AutoRetry = "auto_retry",
        /// A person asked for it.
        ManualRetry = "manual_retry",
    }
}

words! {
    /// Where a task stands.
    TaskStatus {
        /// Not begun.
        Queued = "queued",
        /// An attempt is under way.
        Running = "running",
        /// The attempt that counts succeeded.
        Completed = "completed",
        /// No attempt succeeded.
        Failed = "failed",
        /// Never tried: the run was stopped, or a person said so.
        Skipped = "skipped",
    }
}
