package dev.adit.tunnel.netty;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/**
 * The arrows between the packages: everything may use the API; connector, edge, origin and visitor use wire and
 * transport; connector uses
 * origin; connector and edge never meet but in the composition root, which alone knows both.
 */
class ArchitectureTest {
    private static final String API = "dev.adit.tunnel";
    private static final String EVENTS = "dev.adit.tunnel.event";
    private static final String SPI = "dev.adit.tunnel.spi";
    private static final String ROOT = "dev.adit.tunnel.netty";
    private static final String WIRE = ROOT + ".wire..";
    private static final String TRANSPORT = ROOT + ".transport..";
    private static final String CONNECTOR = ROOT + ".connector..";
    private static final String ORIGIN = ROOT + ".origin..";
    private static final String METRICS = ROOT + ".metrics..";
    private static final String VISITOR = ROOT + ".visitor..";
    private static final String EDGE = ROOT + ".edge..";

    private static final JavaClasses OURS = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(API);

    @Test
    void theClassesAreThere() {
        assertThat(OURS).anyMatch(resideInAPackage(API)).anyMatch(resideInAPackage(WIRE));
    }

    @Test
    void theApiKnowsNothingButTheJdk() {
        classes()
                .that()
                .resideInAnyPackage(API, EVENTS, SPI)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(API, EVENTS, SPI, "java..", "org.jspecify..")
                .allowEmptyShould(true)
                .check(OURS);
    }

    @Test
    void wireKnowsNeitherEnd() {
        mayUse(WIRE);
    }

    @Test
    void transportKnowsNoOtherPart() {
        mayUse(TRANSPORT);
    }

    @Test
    void originKnowsWireAndTransport() {
        mayUse(ORIGIN, WIRE, TRANSPORT);
    }

    @Test
    void connectorKnowsOriginWireAndTransport() {
        mayUse(CONNECTOR, ORIGIN, WIRE, TRANSPORT);
    }

    @Test
    void edgeKnowsWireAndTransport() {
        mayUse(EDGE, WIRE, TRANSPORT);
    }

    @Test
    void visitorKnowsWireAndTransport() {
        mayUse(VISITOR, WIRE, TRANSPORT);
    }

    @Test
    void metricsKnowTheApiAlone() {
        mayUse(METRICS);
    }

    @Test
    void onlyTheCompositionRootKnowsBothEnds() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT)
                .allowEmptyShould(true)
                .check(OURS);
    }

    @Test
    void thePartsHaveNoCycle() {
        slices().matching(ROOT + ".(*)..")
                .should()
                .beFreeOfCycles()
                .allowEmptyShould(true)
                .check(OURS);
    }

    @Test
    void everyPackageIsOneOfTheParts() {
        classes()
                .that()
                .resideInAPackage(ROOT + "..")
                .should()
                .resideInAnyPackage(ROOT, TRANSPORT, WIRE, CONNECTOR, ORIGIN, EDGE, METRICS, VISITOR)
                .allowEmptyShould(true)
                .check(OURS);
    }

    /** The null checker looks at marked packages alone, so none may be forgotten. */
    @Test
    void everyPackageIsNullMarked() {
        var unmarked = OURS.stream()
                .map(JavaClass::getPackage)
                .distinct()
                .filter(p -> !p.isAnnotatedWith(NullMarked.class))
                .map(JavaPackage::getName);
        assertThat(unmarked).isEmpty();
    }

    /** Fails when a class of {@code part} uses a class of the transport that is neither in it nor in {@code others}. */
    private static void mayUse(String part, String... others) {
        noClasses()
                .that()
                .resideInAPackage(part)
                .should()
                .dependOnClassesThat(resideInAPackage(ROOT + "..")
                        .and(DescribedPredicate.not(resideInAPackage(part).or(resideInAnyPackage(others)))))
                .allowEmptyShould(true)
                .check(OURS);
    }
}
