"""What the city's pharmacies and wards sell: drugs, services and the conditions they treat.

Codes have the shape of the national code list (drugs X, Z and T, services 15 digits, consumables C) and are
made up. What an ordinary citizen receives agrees with `knowledge.py`; only a fraud puts a drug where it does
not belong.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import msgspec


class Item(msgspec.Struct, frozen=True):
    """One code of the list. `price` in 1/1000000 yuan, `pack_days`: how long one pack lasts (0: no drug)."""

    code: str
    name: str
    spec: str
    list_type: str
    chrg_type: str
    price: int
    pack_days: int = 0
    group: str = ""


class Condition(msgspec.Struct, frozen=True):
    """A reason to see a doctor: who has it (sex "" = both, ages inclusive) and what is given for it."""

    key: str
    code: str
    name: str
    sex: str
    ages: tuple[int, int]
    chronic: bool
    drugs: tuple[str, ...]
    services: tuple[str, ...]


Basket = list[tuple[Item, int, int]]
"""What somebody buys: (item, count in 1/10000, days of supply)."""

ONE = 10_000
"""A count of one, in the unit of `cnt`."""

_DRUGS = """
amlodipine    X C08CA 苯磺酸氨氯地平片 5mg*28片 18.5 28 CCB
nifedipine    X C08CA 硝苯地平控释片 30mg*28片 62.6 28 CCB
valsartan     X C09CA 缬沙坦胶囊 80mg*28粒 25.2 28 ARB
irbesartan    X C09CA 厄贝沙坦片 150mg*28片 21.9 28 ARB
metoprolol    X C07AB 酒石酸美托洛尔片 25mg*28片 9.8 28 -
atorvastatin  X C10AA 阿托伐他汀钙片 20mg*28片 38.4 28 STATIN
rosuvastatin  X C10AA 瑞舒伐他汀钙片 10mg*28片 29.75 28 STATIN
aspirin       X B01AC 阿司匹林肠溶片 100mg*28片 14.2 28 -
clopidogrel   X B01AC 硫酸氢氯吡格雷片 75mg*28片 78.4 28 -
metformin     X A10BA 盐酸二甲双胍片 0.5g*28片 6.3 14 -
acarbose      X A10BF 阿卡波糖片 50mg*42片 23.1 14 -
glimepiride   X A10BB 格列美脲片 2mg*28片 16.7 28 -
glargine      X A10AE 甘精胰岛素注射液 3ml:300IU 78.25 14 -
semaglutide   X A10BJ 司美格鲁肽注射液 1.34mg/ml,1.5ml 428.8 28 -
butylphthalide X N06BX 丁苯酞软胶囊 0.1g*24粒 121.68 7 -
levothyroxine X H03AA 左甲状腺素钠片 50ug*28片 13.6 28 -
tiotropium    X R03BB 噻托溴铵粉吸入剂 18ug*28粒 96.4 28 -
donepezil     X N06DA 盐酸多奈哌齐片 5mg*28片 58.3 28 -
finasteride   X G04CB 非那雄胺片 5mg*28片 33.9 28 -
tamsulosin    X G04CA 盐酸坦索罗辛缓释胶囊 0.2mg*28粒 44.1 28 -
calcium       X A12AA 碳酸钙D3片 600mg*28片 26.9 28 -
epoetin       X B03XA 人促红素注射液 3000IU 22.35 2 -
ibuprofen     X M01AE 布洛芬缓释胶囊 0.3g*10粒 12.8 5 NSAID
diclofenac    X M01AB 双氯芬酸钠缓释片 75mg*10片 9.6 5 NSAID
celecoxib     X M01AH 塞来昔布胶囊 0.2g*10粒 15.4 5 NSAID
amoxicillin   X J01CA 阿莫西林胶囊 0.25g*24粒 7.9 5 -
cefuroxime    X J01DC 头孢呋辛酯片 0.25g*12片 18.9 5 CEPHALOSPORIN
cefixime      X J01DD 头孢克肟分散片 0.1g*10片 21.3 5 CEPHALOSPORIN
azithromycin  X J01FA 阿奇霉素片 0.25g*6片 11.4 3 -
levofloxacin  X J01MA 左氧氟沙星片 0.5g*5片 12.65 5 QUINOLONE
moxifloxacin  X J01MA 盐酸莫西沙星片 0.4g*5片 47.6 5 QUINOLONE
omeprazole    X A02BC 奥美拉唑肠溶胶囊 20mg*14粒 8.4 14 PPI
rabeprazole   X A02BC 雷贝拉唑钠肠溶片 20mg*14片 19.6 14 PPI
domperidone   X A03FA 多潘立酮片 10mg*21片 12.1 7 -
loratadine    X R06AX 氯雷他定片 10mg*6片 9.9 6 ANTIHISTAMINE
cetirizine    X R06AE 盐酸西替利嗪片 10mg*6片 10.8 6 ANTIHISTAMINE
ambroxol      X R05CB 盐酸氨溴索片 30mg*20片 8.2 6 -
smectite      X A07BC 蒙脱石散 3g*10袋 13.5 3 -
paediatric_cold X N02BE 小儿氨酚黄那敏颗粒 6g*10袋 9.3 3 -
paediatric_cough Z R05CB 小儿肺热咳喘颗粒 4g*12袋 24.6 4 -
qianjin       Z G02CX 妇科千金片 0.32g*72片 27.8 6 -
motherwort    Z G02CX 益母草颗粒 15g*10袋 11.9 5 -
lianhua       Z R05XX 连花清瘟胶囊 0.35g*24粒 14.8 3 -
banlangen     Z R05XX 板蓝根颗粒 10g*20袋 16.2 5 -
danshen       Z C01XX 复方丹参滴丸 27mg*180丸 26.4 7 -
dihuang       Z A13XX 六味地黄丸 9g*10丸 18.8 5 -
huoxiang      Z A09XX 藿香正气口服液 10ml*10支 15.1 3 -
xuezhikang    Z C10XX 血脂康胶囊 0.3g*60粒 23.4 14 -
"""

_HERBS = """
huangqi 黄芪 0.086
danggui 当归 0.1325
baizhu 白术 0.0945
gancao 甘草 0.0612
fuling 茯苓 0.0734
chenpi 陈皮 0.0488
"""

_SERVICES = """
consult       001101000010000 普通门诊诊察费 8 02
consult_chief 001101000020000 主任医师门诊诊察费 24 02
blood_count   002501010150000 血常规五分类 21 05
urine         002501020350000 尿常规检查 12.5 05
liver         002503050010000 肝功能八项 64 05
renal         002503070010000 肾功能三项 33 05
glucose       002503020010000 葡萄糖测定 6 05
hba1c         002503020060000 糖化血红蛋白测定 68 05
lipids        002503030010000 血脂四项 46 05
ecg           003107010010000 常规心电图检查 25 06
ct_chest      002103000010000 胸部CT平扫 236 06
ultrasound    002203010010000 彩色多普勒超声 108 06
mri_head      002102000010000 头颅磁共振平扫 495 06
bone_density  002302000120000 双能X线骨密度测定 138 06
infusion      001204000060000 静脉输液 9.8 09
injection     001204000010000 肌肉注射 2.6 09
rehab         003402000200000 运动疗法 54.5 07
bed_three     001109000010000 三人间床位费 38 01
bed_two       001109000020000 双人间床位费 62 01
bed_watch     001109000050000 门急诊留观床位费 20 01
care_first    001201000030000 一级护理 28 10
care_second   001201000040000 二级护理 16 10
ward_consult  001102000050000 住院诊察费 15 02
dialysis      003110000010000 血液透析 410 07
filtration    003110000020000 血液滤过 585 07
delivery      003314000020000 单胎顺产接生 780 07
newborn_care  001207000010000 新生儿护理 22 10
"""

_SUPPLIES = """
infusion_set 一次性使用输液器 3.45
cannula 静脉留置针 24.8
dialyser 一次性血液透析器 118.6
"""

_CONDITIONS = """
cold          J00.x00 急性鼻咽炎 - 15 99 n lianhua,banlangen,ambroxol,loratadine,ibuprofen blood_count
child_cold    J06.900 急性上呼吸道感染 - 1 11 n paediatric_cold,paediatric_cough,smectite blood_count
bronchitis    J20.900 急性支气管炎 - 18 99 n levofloxacin,ambroxol,azithromycin,cefuroxime blood_count,ct_chest
gastritis     K29.500 慢性胃炎 - 18 99 n omeprazole,rabeprazole,domperidone,huoxiang ultrasound,blood_count
back_pain     M54.500 下背痛 - 20 99 n ibuprofen,diclofenac,celecoxib rehab
urticaria     L50.900 荨麻疹 - 15 99 n loratadine,cetirizine -
cystitis      N30.000 急性膀胱炎 - 20 99 n levofloxacin,moxifloxacin,cefixime urine,ultrasound
vaginitis     N76.000 急性阴道炎 2 20 60 n qianjin,motherwort urine
hypertension  I10.x00 原发性高血压 - 35 99 y amlodipine,nifedipine,valsartan,irbesartan,metoprolol,aspirin ecg,renal
diabetes      E11.900 2型糖尿病 - 35 99 y metformin,acarbose,glimepiride,glargine,semaglutide glucose,hba1c
lipids        E78.500 高脂血症 - 35 99 y atorvastatin,rosuvastatin,xuezhikang lipids,liver
coronary      I25.100 冠状动脉粥样硬化性心脏病 - 45 99 y clopidogrel,aspirin,metoprolol,danshen,atorvastatin ecg,lipids
copd          J44.900 慢性阻塞性肺疾病 - 50 99 y tiotropium,ambroxol ct_chest
thyroid       E03.900 甲状腺功能减退症 - 25 90 y levothyroxine blood_count
stroke        I63.900 脑梗死 - 50 99 n butylphthalide,clopidogrel,atorvastatin mri_head
prostate      N40.x00 前列腺增生 1 55 99 y finasteride,tamsulosin ultrasound,urine
osteoporosis  M81.900 骨质疏松 - 55 99 y calcium bone_density
uraemia       N18.900 慢性肾脏病5期 - 30 90 n epoetin dialysis
"""

_STAYS = (
    "J18.900 肺炎",
    "K35.900 急性阑尾炎",
    "I63.900 脑梗死",
    "S72.000 股骨颈骨折",
    "K80.200 胆囊结石",
    "I50.900 心力衰竭",
)


def _micros(yuan: str) -> int:
    whole, _, part = yuan.partition(".")
    return int(whole) * 1_000_000 + int((part + "000000")[:6])


def _drugs() -> dict[str, Item]:
    found: dict[str, Item] = {}
    for number, row in enumerate(_DRUGS.strip().splitlines(), start=1):
        key, prefix, atc, name, spec, price, days, group = row.split()
        code = f"{prefix}{atc}A{number:03d}A0010101{number:05d}"
        group = "" if group == "-" else group
        found[key] = Item(
            code, name, spec, "101", "11" if prefix == "X" else "13", _micros(price), int(days), group
        )
    for number, row in enumerate(_HERBS.strip().splitlines(), start=1):
        key, name, price = row.split()
        found[key] = Item(f"T{number:09d}", name, "饮片", "102", "12", _micros(price), 7)
    return found


def _services() -> dict[str, Item]:
    found: dict[str, Item] = {}
    for row in _SERVICES.strip().splitlines():
        key, code, name, price, kind = row.split()
        found[key] = Item(code, name, "次", "201", kind, _micros(price))
    for number, row in enumerate(_SUPPLIES.strip().splitlines(), start=1):
        key, name, price = row.split()
        found[key] = Item(f"C{number:019d}", name, "支", "301", "08", _micros(price))
    return found


def _conditions() -> dict[str, Condition]:
    found: dict[str, Condition] = {}
    for row in _CONDITIONS.strip().splitlines():
        key, code, name, sex, low, high, chronic, drugs, services = row.split()
        found[key] = Condition(
            key,
            code,
            name,
            "" if sex == "-" else sex,
            (int(low), int(high)),
            chronic == "y",
            tuple(drugs.split(",")),
            () if services == "-" else tuple(services.split(",")),
        )
    return found


ITEMS: dict[str, Item] = _drugs() | _services()
CONDITIONS: dict[str, Condition] = _conditions()
STAY_DIAGNOSES: tuple[tuple[str, str], ...] = tuple((row.split()[0], row.split()[1]) for row in _STAYS)
HERBS: tuple[Item, ...] = tuple(item for item in ITEMS.values() if item.list_type == "102")
WARD_DRUGS: tuple[Item, ...] = tuple(
    ITEMS[key] for key in ("cefuroxime", "omeprazole", "ambroxol", "ibuprofen", "aspirin")
)
WARD_SERVICES: tuple[Item, ...] = tuple(
    ITEMS[key] for key in ("ward_consult", "infusion", "infusion_set", "blood_count", "cannula", "injection")
)
ADD_ONS: tuple[Item, ...] = tuple(
    ITEMS[key] for key in ("banlangen", "huoxiang", "dihuang", "danshen", "lianhua", "calcium")
)
"""Drugs that go with anything: no table of the city says a word about them."""
ROUTINE: tuple[Item, ...] = tuple(
    ITEMS[key]
    for key in (
        "blood_count",
        "urine",
        "liver",
        "renal",
        "lipids",
        "ecg",
        "injection",
        "infusion",
        "glucose",
        "infusion_set",
    )
)
"""Services that any visit may hold, once each."""


def more(rng: Random, basket: Basket, choice: Sequence[Item], *, most: int) -> Basket:
    """The basket with up to `most` further items of `choice` that are not in it yet."""
    held = [item.code for item, _, _ in basket]
    added = rng.sample(choice, k=rng.randint(0, most))
    return basket + [(item, ONE, item.pack_days) for item in added if item.code not in held]


def one(key: str, *, days: int | None = None, packs: int = 1) -> tuple[Item, int, int]:
    """A basket entry: `packs` of an item that last `days` days (default: what the packs hold)."""
    item = ITEMS[key]
    return item, packs * ONE, item.pack_days * packs if days is None else days


def medicines(rng: Random, condition: Condition, *, most: int) -> Basket:
    """One to `most` drugs for a condition, never two of one pharmacological group."""
    basket: Basket = []
    groups: list[str] = []
    for key in rng.sample(condition.drugs, k=min(len(condition.drugs), rng.randint(1, most))):
        item = ITEMS[key]
        if item.group and item.group in groups:
            continue
        groups.append(item.group)
        basket.append((item, ONE, item.pack_days))
    return basket


def herbs(rng: Random) -> Basket:
    """Seven days of a decoction: counts in grams with a fraction, prices below one yuan."""
    return [(item, rng.randint(60, 300) * 3500, 7) for item in rng.sample(HERBS, k=rng.randint(3, 6))]
