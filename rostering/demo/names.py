"""Names of invented people, from the many places guards and carers come from."""

from __future__ import annotations

import random

FIRST_NAMES = (
    "Aaliyah Adam Agnieszka Ahmed Aisha Alejandro Aleksandra Amara Amir Anita Anna Antonio Arjun Beatriz Ben Blessing "
    "Bogdan Camille Carlos Charlotte Chen Chiara Chidi Claire Daniela David Deniz Diana Dmitri Ebru Edwin Elena Emeka "
    "Emma Esther Fatima Felix Finn Fiona Gabriela George Grace Hannah Hassan Helga Hugo Ibrahim Ines Ingrid Isaac "
    "Ivana Jamal James Jana Jasmin Joanna Jonas Jorge Joyce Julia Kai Karim Katarina Kemal Kwame Lara Layla Leon Lin "
    "Linh Lucas Luisa Magda Malik Marco Maria Mateusz Mei Mehmet Michelle Mila Mohammed Monika Nadia Naomi Nikolai "
    "Nina Olga Oliver Olumide Omar Patience Paul Paula Pedro Petra Priya Rafael Rashid Rebecca Renata Robert Rosa "
    "Samira Samuel Sandra Sarah Sergei Sofia Stefan Sunita Svetlana Tariq Teresa Thandiwe Thomas Tomasz Uwe Valentina "
    "Victor Wei Yara Yusuf Zainab Zoe"
)

LAST_NAMES = (
    "Abebe Adeyemi Ahmadi Albrecht Ali Andersen Appiah Aydin Bailey Bakker Banerjee Barbosa Becker Begum Bennett "
    "Bianchi Boateng Brandt Brown Castillo Chaudhry Clarke Costa Cruz Davies Demir Diallo Dimitrov Dubois Eriksson "
    "Evans Farouk Fernandez Fischer Fofanah Garcia Georgiou Ghosh Grabowski Graham Gupta Haddad Hansen Hartmann "
    "Hoffmann Horvat Hughes Hussain Ivanov Jansen Johnson Kaminski Kaya Kelly Khan Kim Koch Kovacs Kowalski Kumar "
    "Lange Lee Lehmann Lewandowski Lopez Mahmoud Marino Martins Mbeki Mensah Meyer Mohamud Morales Morris Mueller "
    "Nakamura Neumann Nguyen Novak Nowak Nwosu Odhiambo Okafor Okonkwo Oliveira Osei Owusu Ozturk Papadopoulos Park "
    "Patel Pereira Petrov Phillips Popescu Rahman Ramirez Reid Richter Rossi Santos Sato Schmidt Schneider Schulz "
    "Sharma Silva Singh Sokolov Stewart Suzuki Szabo Tadesse Taylor Thompson Tran Usman Varga Wagner Walker Wang "
    "Weber Williams Wilson Wójcik Yildiz Yilmaz Zhang Zimmermann"
)


def full_names(count: int, seed: str) -> list[tuple[str, str]]:
    """So many different people, the same for the same seed; no last name twice."""
    rng = random.Random(seed)  # noqa: S311 – repeatable, not secret
    first = rng.sample(FIRST_NAMES.split(), count)
    last = rng.sample(LAST_NAMES.split(), count)
    return list(zip(first, last, strict=True))
