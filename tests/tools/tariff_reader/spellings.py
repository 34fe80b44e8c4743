"""Each word that a tariff or a use may use, and how else people spell it.

A key is compared without case, `_`, `-` and blanks; of several told, the first one here counts.
"""

_TABLE = {
    "came_with_it": "adjustments extras extracharges othercharges",
    "meter_size": "metersize size diameter calibre caliber pipesize meterdiameter metermm metersizemm metersizein",
    "previous": (
        "previous previousreading prev prevreading lastreading last opening openingreading initial initialreading "
        "startreading start beginreading beginningreading previousread fromreading before oldreading"
    ),
    "current": (
        "current currentreading present presentreading closing closingreading final finalreading endreading end "
        "currentread presentread toreading now newreading latestreading latest"
    ),
    "multiplier": (
        "multiplier meterfactor meterconstant ctratio ratio ctmultiplier metermultiplier ctfactor pulse constant mf"
    ),
    "adjustments": "adjustments adjustment extras fees levies surcharges",
    "amount": "amount charge fee value price cost sum amountexgst amountextax flat",
    "at_least": "atleast minimum min floor minamount minimumamount",
    "maximum": (
        "maximumcharge maximum maxcharge maximumamount maxamount capamount maximumbill maxbill chargecap billcap "
        "amountcap dollarcap maximumfee maximummonthlycharge"
    ),
    "exempt_amount": (
        "exemptamount thresholdamount amountthreshold exemptupto taxfreeamount overamount aboveamount exemptbelow"
    ),
    "at_most": "atmost cap maximum max maxamount maximumamount capamount limit",
    "base": "base of on appliesto applieson bases taxable ofcharges",
    "components": "components services charges parts sections items lines",
    "dwelling_units": (
        "dwellingunits dwellings equivalentunits households apartments edu edus eru erus unitsserved "
        "equivalentdwellingunits equivalentresidentialunits residentialunits livingunits apartmentunits "
        "numberofdwellings numberofunits flats ldu connectedhouseholds families economies economias"
    ),
    "days": "days billingdays daysserved daysused servicedays billingperioddays daysbilled readingdays numberofdays",
    "discounts": "discounts discount rebate subsidy subsidies concessions concession credits rebates credit",
    "exempt": "exemptunits exemptuse exemptusage freeunits exempt",
    "first": "from start firstday periodstart startdate",
    "fixed": (
        "cuotaservicio cargobasico cuotafija tarifafija "
        "fixedamount "
        "fixedcharges fixedcharge fixed base basecharge servicecharge standingcharge basiccharge basicfee basefee "
        "servicefee availabilitycharge customercharge fixedfee fixedfees basecharges servicecharges "
        "readinesstoserve facilitycharge baserates fixedmonthlycharge monthlycharge monthlyfee standingcharges "
        "customercharges"
    ),
    "flat": "flat fixedperblock lumpsum flatamount flatfee flatcharge entryfee",
    "free": (
        "freeunits freeallowance allowance included includedunits free freequantity freebasicwater freebasicunits "
        "freebasic freebasickl freebasickwh freekl freem3 freekwh freelitres freegallons freegal freeusage "
        "freeconsumption freeuse includedusage includedgallons includedquantity includedm3 includedkwh includedccf "
        "freebasicelectricity includeduse baseallowance freewater lifelinefreeunits freelifeline includedkgal"
    ),
    "included": (
        "gallons gal m3 kwh kgal ccf kl litres liters "
        "includedunits included covers includes coversunits includedquantity upto units includedusage includeduse "
        "coversupto includedm3 includedgal includedgallons firstunits allowance freeunits includedkgal includedccf "
        "includedkl first covered coveredunits quantity includedconsumption includedvolume usage use"
    ),
    "least_use": (
        "minimumkw minimumdemand minimumbilledkw minimumkva minbillingdemand minimumbillingdemand leastbilled "
        "minimumbilledunits minimumquantity minimumusage minusage minimumunits minbilledunits minimumconsumption"
    ),
    "max_usage": "maxusage maxuse useatmost upto usagecap maxunits ifusageatmost maximumusage",
    "min_usage": "minusage useabove aboveunits ifusageabove minuse minunits over above overunits",
    "minimum": (
        "minimumcommitment minimumspend "
        "minimumcharge minimum mincharge minimumbill minbill minimumcharges minimummonthlycharge "
        "minimummonthlybill monthlyminimum minimumamount"
    ),
    "mode": "mode kind type rule method",
    "over": (
        "iftotalover totalover mintotal iftotalabove "
        "desde ab von de "
        "allover inexcessof excessof greaterthan thereafterover over lowerlimit exceeding overunits aboveunits "
        "after gt minquantity from above min lower start fromvalue morethan low"
    ),
    "per": "per rateper perunits rateunit perquantity each",
    "free_in_blocks": (
        "freeunits freebasicwater freebasicunits freebasic freebasickl freebasickwh freekl freem3 freekwh "
        "freelitres freegallons freegal freeusage freeconsumption freeuse freebasicelectricity freewater "
        "freeallowance freequantity"
    ),
    "tariff_months": (
        "months billingmonths billingperiodmonths periodmonths monthsinperiod permonths ratemonths monthsperbill"
    ),
    "percent": (
        "percent discountpercent rebatepercent percentdiscount taxpercent subsidypercent surchargepercent "
        "percentofbill percentage pct ratepercent percentrate"
    ),
    "period_days": (
        "fullperioddays standarddays totaldays cycledays perioddays ofdays daysinperiod daysinmonth fulldays "
        "monthdays basisdays"
    ),
    "prorated": (
        "proratefixed proratefixedcharges proratedbydays fixedprorated proratecharges proratefixedcharge "
        "proratebase prorateall prorated prorate proration proratebydays dailyproration proratable"
    ),
    "rate": (
        "tourates timeofuserates tourate tarifa precio preis prix "
        "rate rateperuse volumecharge tariff tarif priceperquantity price unitprice unitrate perunitamount "
        "perunit unitamount "
        "rateperunit priceperunit rates prices tou timeofuse"
    ),
    "size": "size width units next quantity first",
    "slabs": (
        "bloques rangos tramos stufen faixas tranchesdeconsommation "
        "slabs rateblocks ratetiers levels tranches strata consumptionbands usagebands thresholds tiersrates "
        "blocks tiers brackets steps ranges bands graduatedranges volumeranges"
    ),
    "taxes": "taxes duties taxlist taxesandlevies",
    "until": "to until end lastday periodend enddate",
    "upto": (
        "maxtotal iftotalupto totalupto uptototal iftotalatmost "
        "hasta bis ate jusqua "
        "upto uptoandincluding ceiling threshold maxquantity maxusage upperlimit uptounits to max upper limit end "
        "tovalue until atmost high"
    ),
    "use_cap": "usecap cap usagecap quantitycap capunits maxquantity maxunits maxusage",
    "winter_average": (
        "winteraverage winteravg averagewinteruse winterquantity wqa winteruse awc aws wintermonthsaverage "
        "winterquarteraverage averagewinterconsumption winterusage averagewinterusage winteraverageusage "
        "winteraverageuse winteraverageconsumption"
    ),
}
SPELLINGS = {word: tuple(spellings.split()) for word, spellings in _TABLE.items()}
# What tells where a figure comes from, or how it was printed; it decides no amount.
REMARKS = frozenset(
    (
        "area asof authority billingcycle billingperiod board category city comment comments commodity company "
        "country currency currencyunit customerclass customertype date description details district document "
        "effective effectivedate effectivefrom effectiveto estimated exact explanation frequency id label language "
        "measured months municipality name note notes operator order page period program provider province published "
        "rateclass ratecode rateyear "
        "ratesinferred ref reference region remark schedule season sector service servicetype "
        "source state supplier table tariffcode tariffname taxincluded taxinclusive taxnote text title unitname "
        "unverifiedrates url utility utilitytype validfrom validuntil verified version year"
    ).split()
)

_DEMAND = (
    "kw kva demand demandkw maxdemand peakdemand billeddemand demandkva contractedkw load sanctionedload "
    "sanctionedloadkw connectedload connectedloadkw contractdemand contractdemandkva contractedload contractload "
    "loadkw loadkva billingdemand maximumdemand maximumdemandkva hp contractedpower subscribedpower capacity "
    "contractcapacity contractedcapacity amperes ampere demandkilowatts billingdemandkw billingdemandkva "
    "kilowatts contractpower power sanctionedkw contractedkva contractkw contractkva capacitykw powerkw powerkva "
    "peakkw maxdemandkw maxdemandkva recordeddemand measureddemand amps"
).split()
# What a use may count beside itself, and the words for it; a charge may name any of them.
COUNTED = (
    (*_DEMAND, "demands", "fixeddemand", "contracted", "sanctioned", "connected"),
    tuple(
        (
            "export exportcredit exported exports feedin feedintariff generation gridexport injected netmetering "
            "netmeteringexport pvexport solar solarcredit solarexport solarfeedin"
        ).split()
    ),
    tuple(
        (
            "capita familysize householdmember householdmembers householdsize inhabitants members numberofpersons "
            "occupant occupants people person persons resident residents"
        ).split()
    ),
    tuple(
        "closet closets faucets fixture fixtures outlets pan pans seats tap taps toilet toilets waterclosets".split()
    ),
    tuple(
        (
            "acre acres area aream2 areasqft drainagearea floorarea hectares impervious imperviousarea "
            "imperviousaream2 imperviousareasqft imperviousm2 impervioussqft landarea lotarea lotsize m2 parcelarea "
            "propertyarea roofarea sealedarea sealedm2 sqft sqm squarefeet squaremeters squaremetres"
        ).split()
    ),
    tuple("excessreactive kvar kvarh reactive reactiveenergy reactivekvarh".split()),
    tuple("bag bags bin bins can cans cart carts collections container containers pickups".split()),
    tuple("head heads hydrant hydrants lamp lamps light lights pole poles sprinklers".split()),
    tuple("bedroom bedrooms room rooms".split()),
    tuple("annualvalue arv assessedvalue propertyvaluation propertyvalue rateablevalue rv".split()),
    tuple("low lowkwh night nightkwh off offpeak offpeakkwh offpeakusage".split()),
    tuple("day daykwh high highkwh onpeak onpeakkwh peak peakkwh peakusage".split()),
    tuple("midpeak midpeakkwh normalkwh partpeak shoulder shoulderkwh standard".split()),
)
# The keys of a use whose value chooses among values of the tariff.
FACT_WORDS = frozenset(
    (
        "amperage area band binsize block caliber calibre cartsize category class code connection connectiontype "
        "consumercategory consumerclass consumertype container containersize contract customercategory customerclass "
        "customertype diameter droughtstage dwellingtype elevationzone estrato group household level location "
        "meterdiameter metermm metersize metersizein metersizemm month phase pipe pipesize plan pressurezone property "
        "propertytype region schedule season sector service size stage status stratum tariffcategory tariffclass "
        "tariffcode tier type usecategory usergroup usertype voltage zone"
    ).split()
)
