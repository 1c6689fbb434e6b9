//! What the services that stand before web sites leave in their pages and headers. Data only; what follows from it is decided
//! in `block.rs` and `broken.rs`. All signs are in lower case.

use Place::{Code, Frame, Host, Name, Source, Text};
use Sign::{Captcha, Consent, Geo, Guard, Login, Paywall, RateLimit, Refusal, Widget};

/// What a mark says about the page that carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// This page is a test for humans.
    Captcha,
    /// It has such a test, as contact forms have too.
    Widget,
    /// It is the service's refusal.
    Refusal,
    /// It is the service's refusal because of the visitor's country.
    Geo,
    /// It is a waiting room, or a refusal because of too many requests.
    RateLimit,
    /// It is a place to log in.
    Login,
    /// It asks for consent, in whatever form.
    Consent,
    /// It may ask for a subscription.
    Paywall,
    /// The service watches the site: nothing by itself.
    Guard,
}

/// Where a mark is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// End of the host name of the page.
    Host,
    /// In the address of a script, frame, form, picture or style sheet.
    Source,
    /// In the address of a frame.
    Frame,
    /// In a class, id or name.
    Name,
    /// In a script within the page.
    Code,
    /// In the text of the page.
    Text,
}

impl Place {
    /// A sign there, in words.
    pub(super) fn evidence(self, sign: &str) -> String {
        match self {
            Host => format!("host {sign}"),
            Source => format!("address {sign}"),
            Frame => format!("frame {sign}"),
            Name => format!("element {sign}"),
            Code => format!("script {sign}"),
            Text => format!("“{sign}”"),
        }
    }
}

/// A sign of a service in a page.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) vendor: &'static str,
    pub(super) sign: Sign,
    pub(super) place: Place,
    pub(super) text: &'static str,
}

/// A sign of a service in the headers of a response.
#[derive(Debug)]
pub(super) struct HeaderMark {
    pub(super) vendor: &'static str,
    pub(super) sign: Sign,
    pub(super) name: &'static str,
    /// How the value begins; of cookies, their names.
    pub(super) value: &'static str,
}

const fn mark(vendor: &'static str, sign: Sign, place: Place, text: &'static str) -> Mark {
    Mark { vendor, sign, place, text }
}

const fn header(vendor: &'static str, sign: Sign, name: &'static str, value: &'static str) -> HeaderMark {
    HeaderMark { vendor, sign, name, value }
}

pub(super) const HEADERS: [HeaderMark; 28] = [
    header("Cloudflare", Captcha, "cf-mitigated", "challenge"),
    header("Cloudflare", Guard, "cf-ray", ""),
    header("Cloudflare", Guard, "server", "cloudflare"),
    header("Cloudflare", Guard, "set-cookie", "__cf_bm"),
    header("AWS WAF", Captcha, "x-amzn-waf-action", "captcha"),
    header("AWS WAF", Captcha, "x-amzn-waf-action", "challenge"),
    header("AWS WAF", Guard, "set-cookie", "aws-waf-token"),
    header("Vercel", Captcha, "x-vercel-mitigated", "challenge"),
    header("Vercel", Refusal, "x-vercel-mitigated", "deny"),
    header("DataDome", Guard, "x-datadome", ""),
    header("DataDome", Guard, "x-dd-b", ""),
    header("DataDome", Guard, "set-cookie", "datadome"),
    header("HUMAN (PerimeterX)", Guard, "set-cookie", "_px"),
    header("Akamai", Guard, "server", "akamaighost"),
    header("Akamai", Guard, "set-cookie", "_abck"),
    header("Akamai", Guard, "set-cookie", "ak_bmsc"),
    header("Akamai", Guard, "set-cookie", "bm_sz"),
    header("Imperva", Guard, "x-iinfo", ""),
    header("Imperva", Guard, "x-cdn", "incapsula"),
    header("Imperva", Guard, "x-cdn", "imperva"),
    header("Imperva", Guard, "set-cookie", "incap_ses"),
    header("Imperva", Guard, "set-cookie", "visid_incap"),
    header("Kasada", Guard, "x-kpsdk-ct", ""),
    header("Kasada", Guard, "x-kpsdk-r", ""),
    header("Sucuri", Refusal, "x-sucuri-block", ""),
    header("Sucuri", Guard, "x-sucuri-id", ""),
    header("DDoS-Guard", Guard, "server", "ddos-guard"),
    header("Queue-it", RateLimit, "x-queueit-connector", "waitingroom"),
];

pub(super) const MARKS: [Mark; 93] = [
    mark("Cloudflare", Captcha, Code, "_cf_chl_opt"),
    mark("Cloudflare", Captcha, Name, "challenge-form"),
    mark("Cloudflare", Captcha, Name, "cf-challenge-running"),
    mark("Cloudflare", Captcha, Name, "cf-browser-verification"),
    mark("Cloudflare", Captcha, Source, "/cdn-cgi/challenge-platform/h/g/orchestrate"),
    mark("Cloudflare", Captcha, Source, "/cdn-cgi/challenge-platform/h/b/orchestrate"),
    mark("Cloudflare", Refusal, Name, "cf-error-details"),
    mark("Cloudflare", RateLimit, Text, "you are being rate limited"),
    mark("Cloudflare", Geo, Text, "has banned the country or region your ip address is in"),
    mark("Cloudflare Turnstile", Widget, Name, "cf-turnstile"),
    mark("Cloudflare Turnstile", Widget, Source, "challenges.cloudflare.com"),
    mark("DataDome", Captcha, Source, "captcha-delivery.com"),
    mark("DataDome", Guard, Source, "js.datadome.co"),
    mark("HUMAN (PerimeterX)", Captcha, Name, "px-captcha"),
    mark("HUMAN (PerimeterX)", Captcha, Source, "captcha.px-cdn.net"),
    mark("HUMAN (PerimeterX)", Captcha, Source, "captcha.px-cloud.net"),
    mark("HUMAN (PerimeterX)", Guard, Source, "client.px-cdn.net"),
    mark("Akamai", Refusal, Text, "don't have permission to access"),
    mark("Akamai", Refusal, Text, "errors.edgesuite.net"),
    mark("Akamai", Captcha, Name, "sec-if-cpt-container"),
    mark("Akamai", Captcha, Name, "sec-cpt-if"),
    mark("Imperva", Captcha, Frame, "_incapsula_resource"),
    mark("Imperva", Refusal, Text, "incapsula incident id"),
    mark("Imperva", Guard, Source, "_incapsula_resource"),
    mark("AWS WAF", Captcha, Code, "gokuprops"),
    mark("AWS WAF", Captcha, Name, "awswaf-captcha"),
    mark("AWS WAF", Guard, Source, "awswaf.com"),
    mark("Kasada", Captcha, Code, "kpsdk.now"),
    mark("Kasada", Guard, Source, "149e9513-01fa-4fb0-aad4-566afd725d1b"),
    mark("Sucuri", Captcha, Code, "sucuri_cloudproxy_js"),
    mark("Sucuri", Refusal, Text, "sucuri website firewall - access denied"),
    mark("Vercel", Captcha, Text, "vercel security checkpoint"),
    mark("Anubis", Captcha, Name, "anubis_challenge"),
    mark("DDoS-Guard", Captcha, Source, "/.well-known/ddos-guard/"),
    mark("F5", Refusal, Text, "the requested url was rejected. please consult with your administrator"),
    mark("Wordfence", Refusal, Text, "generated by wordfence"),
    mark("Amazon", Captcha, Source, "/errors/validatecaptcha"),
    mark("Yandex", Captcha, Source, "/checkcaptcha"),
    mark("Yandex SmartCaptcha", Widget, Source, "smartcaptcha.yandexcloud.net"),
    mark("reCAPTCHA", Widget, Name, "g-recaptcha"),
    mark("reCAPTCHA", Widget, Source, "google.com/recaptcha/"),
    mark("reCAPTCHA", Widget, Source, "recaptcha.net/recaptcha/"),
    mark("hCaptcha", Widget, Name, "h-captcha"),
    mark("hCaptcha", Widget, Source, "hcaptcha.com"),
    mark("GeeTest", Widget, Name, "geetest_"),
    mark("GeeTest", Widget, Source, "geetest.com"),
    mark("Arkose", Widget, Source, "arkoselabs.com"),
    mark("Arkose", Widget, Source, "funcaptcha.com"),
    mark("Friendly Captcha", Widget, Name, "frc-captcha"),
    mark("MTCaptcha", Widget, Source, "mtcaptcha.com"),
    mark("ALTCHA", Widget, Name, "altcha"),
    mark("a captcha", Widget, Name, "captcha"),
    mark("Queue-it", RateLimit, Host, "queue-it.net"),
    mark("Google", Login, Host, "accounts.google.com"),
    mark("Microsoft", Login, Host, "login.microsoftonline.com"),
    mark("Microsoft", Login, Host, "login.live.com"),
    mark("Okta", Login, Host, ".okta.com"),
    mark("Auth0", Login, Host, ".auth0.com"),
    mark("OneLogin", Login, Host, ".onelogin.com"),
    mark("AWS Cognito", Login, Host, ".amazoncognito.com"),
    mark("Google", Consent, Host, "consent.google.com"),
    mark("YouTube", Consent, Host, "consent.youtube.com"),
    mark("Yahoo", Consent, Host, "consent.yahoo.com"),
    mark("Yahoo", Consent, Host, "guce.yahoo.com"),
    mark("AOL", Consent, Host, "guce.aol.com"),
    mark("DPG Media", Consent, Host, "myprivacy.dpgmedia.nl"),
    mark("DPG Media", Consent, Host, "myprivacy.dpgmedia.be"),
    mark("OneTrust", Consent, Name, "onetrust-"),
    mark("OneTrust", Consent, Source, "cdn.cookielaw.org"),
    mark("Cookiebot", Consent, Name, "cybotcookiebot"),
    mark("Cookiebot", Consent, Source, "consent.cookiebot.com"),
    mark("Didomi", Consent, Name, "didomi-"),
    mark("Didomi", Consent, Source, "sdk.privacy-center.org"),
    mark("Quantcast", Consent, Name, "qc-cmp2"),
    mark("Quantcast", Consent, Source, "cmp.quantcast.com"),
    mark("InMobi", Consent, Source, "cmp.inmobi.com"),
    mark("Sourcepoint", Consent, Name, "sp_message_"),
    mark("Sourcepoint", Consent, Source, "privacy-mgmt.com"),
    mark("Usercentrics", Consent, Name, "usercentrics-"),
    mark("Usercentrics", Consent, Source, "usercentrics.eu"),
    mark("TrustArc", Consent, Name, "truste-"),
    mark("TrustArc", Consent, Source, "consent.trustarc.com"),
    mark("consentmanager", Consent, Name, "cmpbox"),
    mark("consentmanager", Consent, Source, "consentmanager.net"),
    mark("Iubenda", Consent, Name, "iubenda-cs"),
    mark("Piano", Paywall, Source, "tinypass.com"),
    mark("Piano", Paywall, Source, "piano.io"),
    mark("Poool", Paywall, Source, "poool.fr"),
    mark("Zephr", Paywall, Source, "zephr"),
    mark("Evolok", Paywall, Source, "evolok"),
    mark("Steady", Paywall, Source, "steadyhq.com"),
    mark("Leaky Paywall", Paywall, Name, "leaky_paywall"),
    mark("Pelcro", Paywall, Source, "pelcro.com"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_in_lower_case_and_stand_once() {
        let mut seen = std::collections::HashSet::new();
        for mark in &MARKS {
            assert_eq!(mark.text, mark.text.to_lowercase());
            assert!(seen.insert(mark.place.evidence(mark.text)), "{} stands twice", mark.text);
        }
        for mark in &HEADERS {
            assert_eq!((mark.name, mark.value), (&*mark.name.to_lowercase(), &*mark.value.to_lowercase()));
        }
    }
}
