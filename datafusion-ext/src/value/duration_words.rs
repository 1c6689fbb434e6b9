//! Words for units of time.

/// Units, in seconds, and their words without accents, in English, German, French, Spanish, Italian, Dutch, Portuguese,
/// Polish, Swedish, Japanese and Chinese.
const WORDS: [(f64, &str); 6] = [
    (
        0.001,
        "ms msec millisecond milliseconds millisekunde millisekunden milliseconde millisecondes milisegundo milisegundos",
    ),
    (
        1.0,
        "s sec secs second seconds sek sekunde sekunden seconde secondes seconden segundo segundos secondo secondi \
         sekunda sekundy sekund sekunder seg \" 秒 秒钟",
    ),
    (60.0, "m min mins minute minutes minuten minuto minutos minuti minuut minuta minuty minut minuter ' 分 分钟 分間"),
    (
        3_600.0,
        "h hr hrs hour hours std stunde stunden heure heures hora horas ora ore uur uren u godz godzina godziny godzin \
         timme timmar tim 時間 小时 小時",
    ),
    (86_400.0, "d day days tag tage tagen jour jours dia dias giorno giorni dag dagen dagar dzien dni 日 日間 天"),
    (
        604_800.0,
        "w week weeks wk wks woche wochen semaine semaines semana semanas settimana settimane weken tydzien tygodnie \
         tygodni vecka veckor 週間 周",
    ),
];

/// Words for one.
const ONE: [&str; 14] = ["a", "an", "one", "eine", "einer", "ein", "une", "un", "una", "uno", "een", "uma", "um", "en"];

/// Words around a duration that do not change it.
const FILLERS: [&str; 29] = [
    "about",
    "approx",
    "approximately",
    "around",
    "ca",
    "circa",
    "etwa",
    "rund",
    "environ",
    "cerca",
    "ongeveer",
    "ok",
    "okolo",
    "aprox",
    "and",
    "und",
    "et",
    "e",
    "en",
    "y",
    "i",
    "o",
    "och",
    "up",
    "max",
    "total",
    "of",
    "plus",
    "de",
];

/// Seconds of the unit that a word names.
pub(super) fn seconds_of(word: &str) -> Option<f64> {
    WORDS.iter().find(|(_, words)| words.split(' ').any(|known| known == word)).map(|(seconds, _)| *seconds)
}

pub(super) fn is_one(word: &str) -> bool {
    ONE.contains(&word)
}

pub(super) fn is_filler(word: &str) -> bool {
    FILLERS.contains(&word)
}
