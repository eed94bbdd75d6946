"""Names of the Azerbaijani night in Azerbaijani and Russian, for names.csv.

Candidates and parties are spelled as the commission and the agencies write them in those languages; names of the
synthetic areas are ours.
"""

from collections.abc import Iterator

from tallyroom.election.definition import Name

SPELLING = "usual spelling in that language"
OURS = "the rehearsal"
_ELECTION = {
    "azerbaijan-2024": (
        "Azərbaycan Respublikasında növbədənkənar prezident seçkisi (sintetik məntəqələrlə məşq)",
        "Внеочередные выборы президента Азербайджанской Республики (учения с синтетическими участками)",
    ),
    "president": ("Prezident seçkisi", "Выборы президента"),
}
_PEOPLE = {
    "aliyev_i": ("İlham Heydər oğlu Əliyev", "Ильхам Гейдар оглы Алиев"),
    "aliyev_f": ("Fuad Ağası oğlu Əliyev", "Фуад Агасы оглы Алиев"),
    "hasanguliyev": ("Qüdrət Müzəffər oğlu Həsənquliyev", "Гудрат Музаффар оглы Гасангулиев"),
    "musayev": ("Elşad Nəbi oğlu Musayev", "Эльшад Наби оглы Мусаев"),
    "mustafa": ("Fazil Qəzənfər oğlu Mustafa", "Фазиль Газанфар оглы Мустафа"),
    "nurullayev": ("Razi Qulaməli oğlu Nurullayev", "Рази Гуламали оглы Нуруллаев"),
    "oruj": ("Zahid Məhərrəm oğlu Oruc", "Захид Магеррам оглы Орудж"),
}
_PARTIES = {
    "New Azerbaijan Party": ("Yeni Azərbaycan Partiyası", "Партия «Новый Азербайджан»"),
    "self-nominated": ("öz namizədliyini irəli sürüb", "самовыдвижение"),
    "Whole Azerbaijan Popular Front Party": (
        "Bütöv Azərbaycan Xalq Cəbhəsi Partiyası",
        "Партия Народного фронта единого Азербайджана",
    ),
    "Great Azerbaijan Party": ("Böyük Azərbaycan Partiyası", "Партия «Великий Азербайджан»"),
    "Great Order Party": ("Böyük Quruluş Partiyası", "Партия «Великое созидание»"),
    "National Front Party": ("Milli Cəbhə Partiyası", "Партия национального фронта"),
}


def azerbaijani_names(area_ids: tuple[str, ...]) -> Iterator[Name]:
    """Every name in both languages; the areas are numbered in the order of their ids."""
    for table, source in ((_ELECTION, OURS), (_PEOPLE, SPELLING), (_PARTIES, SPELLING)):
        for named, (azerbaijani, russian) in table.items():
            yield Name(named, "az", azerbaijani, source)
            yield Name(named, "ru", russian, source)
    for number, area in enumerate(area_ids, 1):
        yield Name(area, "az", f"Sintetik dairə {number}", OURS)
        yield Name(area, "ru", f"Синтетический округ {number}", OURS)
