using System.Reflection;
using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Creation;

/// <summary>The factories come in many overloads; each of them is found by reflection and called.</summary>
public sealed class OverloadTests : TensorTest
{
    private static readonly Dictionary<Type, ScalarType> ElementTypes = new()
    {
        [typeof(bool)] = ScalarType.Bool, [typeof(byte)] = ScalarType.Byte, [typeof(sbyte)] = ScalarType.Int8, [typeof(short)] = ScalarType.Int16,
        [typeof(int)] = ScalarType.Int32, [typeof(long)] = ScalarType.Int64, [typeof(Half)] = ScalarType.Float16, [typeof(float)] = ScalarType.Float32,
        [typeof(double)] = ScalarType.Float64,
    };

    private static readonly string[] Factories = ["zeros", "ones", "full", "empty", "rand", "randn", "randint"];

    /// <summary>Every overload that these tests call; the coverage test counts them.</summary>
    public static IEnumerable<MethodInfo> Called => FactoryOverloads.Concat(DataOverloads).Concat(Conversions);

    private static IEnumerable<MethodInfo> FactoryOverloads
        => Static(typeof(torch)).Where(m => Factories.Contains(m.Name) && !HasSpan(m));

    private static IEnumerable<MethodInfo> DataOverloads
        => Static(typeof(torch)).Where(m => m.Name is "tensor" or "as_tensor" && !HasSpan(m) && ElementOf(m.GetParameters()[0].ParameterType) is not null
            && m.GetParameters().Skip(1).All(p => p.HasDefaultValue || p.ParameterType == typeof(long)));

    private static IEnumerable<MethodInfo> Conversions
        => Static(typeof(Tensor)).Where(m => (m.Name == "op_Implicit" && ElementOf(m.GetParameters()[0].ParameterType) is not null)
            || (m.Name == "op_Explicit" && ElementTypes.ContainsKey(m.ReturnType)));

    [TestCaseSource(nameof(FactoryOverloads))]
    public void A_factory_gives_the_size_and_type_asked_for(MethodInfo factory)
    {
        long next = 2;
        var size = new List<long>();
        object? Argument(ParameterInfo p) => (p.Name, p.ParameterType) switch
        {
            ("low", var t) => Convert.ChangeType(3, t),
            ("high", var t) => Convert.ChangeType(5, t),
            (_, { } t) when t == typeof(long) || t == typeof(int) => Convert.ChangeType(Next(), t),
            (_, { } t) when t == typeof(long[]) => new[] { Next(), Next() },
            (_, { } t) when t == typeof(int[]) => new[] { (int)Next(), (int)Next() },
            (_, { } t) when t == typeof(Size) => new Size(new[] { Next(), Next() }),
            (_, { } t) when t == typeof(Scalar) => (Scalar)7,
            ("dtype", _) => ScalarType.Float64,
            ("device", _) => torch.CPU,
            ("requires_grad", _) => true,
            _ => p.DefaultValue,
        };
        var x = (Tensor)factory.Invoke(null, [.. factory.GetParameters().Select(Argument)])!;
        Assert.That(x.shape, Is.EqualTo(size));
        Expect.Type(x, ScalarType.Float64);
        Assert.That(x.requires_grad, Is.True);
        var values = Nd.From(x).Data;
        Assert.That(values, factory.Name switch
        {
            "zeros" => Is.All.EqualTo(0.0),
            "ones" => Is.All.EqualTo(1.0),
            "full" => Is.All.EqualTo(7.0),
            "rand" => Is.All.InRange(0.0, 1.0).And.Some.Not.EqualTo(values[0]),
            "randn" => Is.All.InRange(-9.0, 9.0).And.Some.Not.EqualTo(values[0]),
            "randint" => Is.All.InRange(0.0, 4.0),
            _ => Has.Length.EqualTo(size.Aggregate(1L, (a, b) => a * b)),
        });

        long Next()
        {
            size.Add(next);
            return next++;
        }
    }

    [TestCaseSource(nameof(DataOverloads))]
    public void Data_keep_their_values_type_and_size(MethodInfo overload)
    {
        var parameters = overload.GetParameters();
        var type = parameters[0].ParameterType;
        var element = ElementOf(type)!;
        var dims = parameters.Skip(1).Count(p => p.ParameterType == typeof(long));
        var rank = type.IsArray ? type.GetArrayRank() : 1;
        long[] shape = dims > 0 ? [.. Enumerable.Range(1, dims).Select(d => (long)d)] : [.. Enumerable.Range(1, rank).Select(d => (long)d + 1)];
        var values = ElementTypes.ContainsKey(type) ? Nd.Scalar(1) : Nd.Of(shape, i => i.Sum() % 2);

        var arguments = new List<object?> { Data(type, element, values) };
        var taken = 0;
        foreach (var p in parameters.Skip(1))
            arguments.Add(p.ParameterType == typeof(long) ? shape[taken++] : p.DefaultValue);
        var x = (Tensor)overload.Invoke(null, [.. arguments])!;
        Expect.Exact(x, values);
        Expect.Type(x, ElementTypes[element]);
    }

    [TestCaseSource(nameof(Conversions))]
    public void Numbers_and_arrays_convert_to_tensors_and_single_elements_back(MethodInfo conversion)
    {
        if (conversion.Name == "op_Explicit")
        {
            var value = conversion.Invoke(null, [torch.ones([1], ElementTypes[conversion.ReturnType])]);
            Assert.That(value, Is.EqualTo(Number(conversion.ReturnType, 1)));
            return;
        }
        var type = conversion.GetParameters()[0].ParameterType;
        var expected = type.IsArray ? Nd.Vector(1, 0, 1) : Nd.Scalar(1);
        var x = (Tensor)conversion.Invoke(null, [Data(type, ElementOf(type)!, expected)])!;
        Expect.Exact(x, expected);
        Expect.Type(x, ElementTypes[ElementOf(type)!]);
    }

    [Test]
    public void Sizes_can_be_spans()
    {
        ReadOnlySpan<long> size = [2, 3];
        Expect.Exact(torch.zeros(size), Nd.Zeros(2, 3));
        Expect.Exact(torch.ones(size), Nd.Full(1, 2, 3));
        Expect.Exact(torch.full(size, 7), Nd.Full(7, 2, 3));
        foreach (var x in new[] { torch.empty(size), torch.rand(size), torch.randn(size), torch.normal(0, 1, size) })
            Assert.That(x.shape, Is.EqualTo(new long[] { 2, 3 }));
        Assert.That(torch.empty_strided([2, 3], [1, 2]).stride(), Is.EqualTo(new long[] { 1, 2 }));
    }

    [Test]
    public void Sizes_of_data_can_be_spans()
    {
        var expected = Nd.Vector(1, 0, 1, 1, 0, 1).Reshape(2, 3);
        Check(torch.tensor(Values<bool>(), [2L, 3L]));
        Check(torch.tensor(Values<byte>(), [2L, 3L]));
        Check(torch.tensor(Values<sbyte>(), [2L, 3L]));
        Check(torch.tensor(Values<short>(), [2L, 3L]));
        Check(torch.tensor(Values<int>(), [2L, 3L]));
        Check(torch.tensor(Values<long>(), [2L, 3L]));
        Check(torch.tensor(Values<float>(), [2L, 3L]));
        Check(torch.tensor(Values<double>(), [2L, 3L]));
        Check(torch.tensor(Values<Half>(), [2L, 3L]));

        T[] Values<T>() => [.. expected.Data.Select(v => (T)Number(typeof(T), v))];

        void Check(Tensor x) => Expect.Exact(x, expected);
    }

    [Test]
    public void Arrays_of_any_rank_are_accepted()
    {
        Array cube = new float[,,] { { { 1, 2 }, { 3, 4 } } };
        Expect.Exact(torch.from_array(cube), Nd.Range(1, 2, 2).Map(v => v + 1));
        Expect.Type(torch.from_array(cube, ScalarType.Float64, requires_grad: true), ScalarType.Float64);
    }

    private static IEnumerable<MethodInfo> Static(Type type) => type.GetMethods(BindingFlags.Public | BindingFlags.Static);

    private static bool HasSpan(MethodInfo method) => method.GetParameters().Any(p => p.ParameterType.IsByRefLike || p.ParameterType.Name.StartsWith("Memory"));

    private static Type? ElementOf(Type type)
    {
        var element = type.IsArray ? type.GetElementType()!
            : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IList<>) ? type.GetGenericArguments()[0] : type;
        return ElementTypes.ContainsKey(element) ? element : null;
    }

    private static object Data(Type type, Type element, Nd values)
    {
        if (ElementTypes.ContainsKey(type))
            return Number(element, values.Data[0]);
        var flat = !type.IsArray || type.GetArrayRank() == 1;
        var array = flat ? Array.CreateInstance(element, values.Data.Length) : Array.CreateInstance(element, values.Shape);
        var at = 0;
        foreach (var i in flat ? Nd.Indices([values.Data.Length]) : Nd.Indices(values.Shape))
            array.SetValue(Number(element, values.Data[at++]), i);
        return array;
    }

    private static object Number(Type type, double value) => type == typeof(Half) ? (Half)value : Convert.ChangeType(value, type);
}
