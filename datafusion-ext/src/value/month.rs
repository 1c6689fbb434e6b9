//! Names of months and weekdays.

/// Full names by month, without accents, in English, German, French, Spanish, Italian, Dutch, Portuguese, Polish and
/// Swedish, then abbreviations that do not begin a full name.
const MONTHS: [&str; 12] = [
    "january januar jänner janvier enero gennaio januari janeiro styczen stycznia jaenner janner",
    "february februar fevrier febrero febbraio februari fevereiro luty lutego",
    "march marz maerz mars marzo maart marco marzec marca mrt mrz",
    "april avril abril aprile kwiecien kwietnia",
    "may mai mayo maggio mei maio maj maja",
    "june juni juin junio giugno junho czerwiec czerwca",
    "july juli juillet julio luglio julho lipiec lipca jlt",
    "august aout agosto augustus sierpien sierpnia augusti",
    "september septembre septiembre setiembre settembre setembro wrzesien wrzesnia",
    "october oktober octobre octubre ottobre outubro pazdziernik pazdziernika",
    "november novembre noviembre novembro listopad listopada",
    "december dezember decembre diciembre dicembre dezembro grudzien grudnia",
];

/// Names in Czech, Russian, Turkish, Finnish, Danish and Romanian, which stand for a month only in full.
const WHOLE: [&str; 12] = [
    "leden ledna января январь янв ocak tammikuu tammikuuta ianuarie",
    "unor unora февраля февраль фев subat helmikuu helmikuuta februarie",
    "brezen brezna марта март мар mart maaliskuu maaliskuuta martie marts",
    "duben dubna апреля апрель апр nisan huhtikuu huhtikuuta aprilie",
    "kveten kvetna мая май маи mayıs mayis toukokuu toukokuuta",
    "cerven cervna июня июнь июн haziran kesakuu kesakuuta iunie",
    "cervenec cervence июля июль июл temmuz heinakuu heinakuuta iulie",
    "srpen srpna августа август авг agustos elokuu elokuuta",
    "zari сентября сентябрь сен eylul syyskuu syyskuuta septembrie",
    "rijen rijna октября октябрь окт ekim lokakuu lokakuuta octombrie",
    "ноября ноябрь ноя kasım kasim marraskuu marraskuuta noiembrie",
    "prosinec prosince декабря декабрь дек aralık aralik joulukuu joulukuuta decembrie",
];

const WEEKDAYS: &str = "monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag \
freitag samstag sonnabend sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves \
viernes sabado domingo lunedi martedi mercoledi giovedi venerdi sabato domenica maandag dinsdag woensdag donderdag \
vrijdag zaterdag zondag segunda terca quarta quinta sexta feira poniedzialek wtorek sroda środa czwartek piatek sobota \
niedziela mandag tisdag onsdag torsdag fredag lordag sondag mo di mi do fr sa so ma wo vr za zo";

/// The month, 1..=12, that a word without accents names in full or by a clear abbreviation of three letters or more.
pub(super) fn month(word: &str) -> Option<u32> {
    if word.chars().count() < 3 {
        return None;
    }
    if let Some((month, _)) = (1..).zip(WHOLE).find(|(_, names)| names.split(' ').any(|name| name == word)) {
        return Some(month);
    }
    let mut found = None;
    for (month, names) in (1..).zip(MONTHS) {
        for name in names.split(' ') {
            if name.starts_with(word) && found.is_none_or(|known| known == month) {
                found = Some(month);
            } else if name.starts_with(word) {
                return None;
            }
        }
    }
    found
}

/// True for the name of a weekday, or for its first letters.
pub(super) fn is_weekday(word: &str) -> bool {
    let length = word.chars().count();
    WEEKDAYS.split(' ').any(|name| name == word || ((2..=4).contains(&length) && name.starts_with(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_abbreviations() {
        for (word, expected) in [
            ("march", 3),
            ("ноября", 11),
            ("cervence", 7),
            ("cerven", 6),
            ("mar", 3),
            ("marz", 3),
            ("mrz", 3),
            ("mai", 5),
            ("maj", 5),
            ("juin", 6),
            ("juil", 7),
            ("aout", 8),
            ("sept", 9),
            ("paz", 10),
            ("out", 10),
            ("lis", 11),
            ("dic", 12),
        ] {
            assert_eq!(month(word), Some(expected), "{word}");
        }
        for word in ["ma", "jui", "", "xyz", "monday", "marchy"] {
            assert_eq!(month(word), None, "{word}");
        }
        assert!(is_weekday("mon") && is_weekday("dimanche") && !is_weekday("m") && !is_weekday("xyz"));
    }
}
