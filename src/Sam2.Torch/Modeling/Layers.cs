using Sam2.Torch.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>A stack of linear layers with an activation between them (sam2/modeling/sam2_utils.py, <c>MLP</c>).</summary>
public class Mlp : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<LinearLayer> layers;
    private readonly Activation _activation;
    private readonly bool _sigmoidOutput;

    /// <summary>Builds <paramref name="numLayers"/> linear layers with freshly initialised weights.</summary>
    /// <param name="inputDim">Channels of the input.</param>
    /// <param name="hiddenDim">Channels between the layers.</param>
    /// <param name="outputDim">Channels of the result.</param>
    /// <param name="numLayers">Number of linear layers, at least 1.</param>
    /// <param name="activation">Between the layers, not after the last.</param>
    /// <param name="sigmoidOutput">Whether the result passes a sigmoid.</param>
    public Mlp(long inputDim, long hiddenDim, long outputDim, int numLayers,
        Activation activation = Activation.Relu, bool sigmoidOutput = false) : base(nameof(Mlp))
    {
        layers = new ModuleList<LinearLayer>([.. Enumerable.Range(0, numLayers).Select(i => new LinearLayer(
            i == 0 ? inputDim : hiddenDim,
            i == numLayers - 1 ? outputDim : hiddenDim))]);
        _activation = activation;
        _sigmoidOutput = sigmoidOutput;
        RegisterComponents();
    }

    /// <summary>Maps <c>[…, inputDim]</c> to <c>[…, outputDim]</c>.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        for (var i = 0; i < layers.Count; i++)
        {
            x = i < layers.Count - 1 ? _activation.After(layers[i], x) : layers[i].call(x);
        }
        if (_sigmoidOutput) x = F.sigmoid(x);
        return x.MoveToOuterDisposeScope();
    }
}

/// <summary>The activations that SAM 2 uses.</summary>
public enum Activation
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x·Φ(x), by the error function.</summary>
    Gelu,
}

/// <summary>Finds activations by name and applies them.</summary>
public static class Activations
{
    /// <summary>The activation that a configuration calls <paramref name="name"/>.</summary>
    /// <exception cref="ArgumentException">The name is neither <c>relu</c> nor <c>gelu</c>.</exception>
    public static Activation Parse(string name) => name switch
    {
        "relu" => Activation.Relu,
        "gelu" => Activation.Gelu,
        _ => throw new ArgumentException($"Activation '{name}' is unknown; use 'relu' or 'gelu'.", nameof(name)),
    };

    /// <summary>Applies the activation to every element of <paramref name="x"/>.</summary>
    public static Tensor Apply(this Activation activation, Tensor x) =>
        activation == Activation.Relu ? F.relu(x) : Gelu.Of(x, inPlace: false);

    /// <summary>
    /// Applies the activation to a tensor that nobody else uses: in its memory where autograd does not need its values. The
    /// hidden layer of an MLP is the largest tensor of the encoder, 100 MB in the first stage of the tiny model, whose MLP takes
    /// 28 % longer with a second one (libtorch 2.10, 2 cores).
    /// </summary>
    public static Tensor ApplyConsuming(this Activation activation, Tensor x) =>
        is_grad_enabled() ? activation.Apply(x)
        : activation == Activation.Relu ? F.relu(x, inplace: true) : Gelu.Of(x, inPlace: true);

    /// <summary>The activation of what <paramref name="layer"/> makes of <paramref name="x"/>, <c>[…, K]</c>: in one pass where oneDNN computes both and no hook sees the difference.</summary>
    internal static Tensor After(this Activation activation, LinearLayer layer, Tensor x)
    {
        if (layer.GetType() == typeof(LinearLayer) && OneDnn.IsUsable(x, layer.Weight) && !ForwardHooks.AreIn(layer))
        {
            return activation == Activation.Relu ? OneDnn.LinearRelu(x, layer.Weight, layer.Bias) : OneDnn.LinearGelu(x, layer.Weight, layer.Bias);
        }
        return activation.ApplyConsuming(layer.call(x));
    }
}

/// <summary>x·Φ(x) as a module, by the error function; <c>torch.nn.GELU</c> for maps whose channels lie next to each other.</summary>
public class Gelu : nn.Module<Tensor, Tensor>
{
    /// <summary>Builds the module, which has no parameters.</summary>
    public Gelu() : base(nameof(Gelu)) => RegisterComponents();

    /// <summary>
    /// Applies GELU to each element of <paramref name="x"/>, of any shape. Of a map <c>[B, C, H, W]</c> that is channels-last, the function is given the view
    /// <c>[B, H, W, C]</c>: libtorch leaves GELU to oneDNN where elements lie in order, and takes 0.85 instead of 0.36 ms for 2 million elements otherwise.
    /// </summary>
    public override Tensor forward(Tensor x) => Of(x, inPlace: false);

    /// <param name="x">Of any shape.</param>
    /// <param name="inPlace">Whether the result may take the place of <paramref name="x"/>.</param>
    internal static Tensor Of(Tensor x, bool inPlace)
    {
        Exponentials.KeepExpFast(x);
        if (x.dim() != 4 || x.is_contiguous()) return F.gelu(x, inPlace);
        using var scope = NewDisposeScope();
        return F.gelu(x.permute(0, 2, 3, 1), inPlace).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Goes through a large tensor in pieces on a CPU, which is no slower there: what is computed for a piece stays in the cache, and takes the memory of a piece.
/// With gradients, elsewhere, and where a forward hook waits for the whole, it is one call.
/// </summary>
internal static class Pieces
{
    /// <summary>In place of an index: the whole batch.</summary>
    public const long All = -1;

    /// <summary>Calls <paramref name="compute"/> with one index of a batch after the other and puts the results together, or once for all.</summary>
    /// <param name="batch">What has the size of the batch.</param>
    /// <param name="module">Whose hooks count.</param>
    /// <param name="compute">Computes <c>[1 or B, …]</c> from what <see cref="Of(Tensor, long)"/> returns for its argument.</param>
    public static Tensor ByIndex(Tensor batch, nn.Module module, Func<long, Tensor> compute)
    {
        if (batch.size(0) == 1 || !AreAllowed(batch, module)) return compute(All);
        using var scope = NewDisposeScope();
        var results = new Tensor[batch.size(0)];
        for (var i = 0; i < results.Length; i++) results[i] = compute(i);
        return cat(results, 0).MoveToOuterDisposeScope();
    }

    /// <summary>Calls <paramref name="compute"/> with some indices of a batch after the other and puts the results together, or once with all.</summary>
    /// <param name="batch">What has the size of the batch.</param>
    /// <param name="module">Whose hooks count.</param>
    /// <param name="most">How many at a time.</param>
    /// <param name="compute">Computes <c>[count, …]</c> from the first index and how many follow it.</param>
    public static Tensor ByIndices(Tensor batch, nn.Module module, long most, Func<long, long, Tensor> compute)
    {
        var count = batch.size(0);
        if (count <= most || !AreAllowed(batch, module)) return compute(0, count);
        using var scope = NewDisposeScope();
        var results = new List<Tensor>();
        for (long first = 0; first < count; first += most) results.Add(compute(first, Math.Min(most, count - first)));
        return cat(results, 0).MoveToOuterDisposeScope();
    }

    /// <summary>One of a batch <c>[B, …]</c> or what all share, <c>[1, …]</c>; the batch itself where all are computed at once.</summary>
    public static Tensor Of(Tensor batch, long index) => index == All || batch.size(0) == 1 ? batch : batch.narrow(0, index, 1);

    /// <summary>Some of a batch <c>[B, …]</c> or what all share, <c>[1, …]</c>.</summary>
    public static Tensor Of(Tensor batch, long first, long count) => batch.size(0) == 1 ? batch : batch.narrow(0, first, count);

    /// <summary>Calls <paramref name="compute"/> with some rows of a grid after the other and puts the results together, or once with all.</summary>
    /// <param name="grid"><c>[B, H, W, C]</c>, or tokens <c>[B, H, C]</c>.</param>
    /// <param name="module">Whose hooks count.</param>
    /// <param name="rows">How many rows at a time.</param>
    /// <param name="compute">Maps <c>[B, rows, …]</c> to <c>[B, rows', …]</c>, without regard to other rows.</param>
    public static Tensor ByRows(Tensor grid, nn.Module module, long rows, Func<Tensor, Tensor> compute)
    {
        var height = grid.size(1);
        if (rows >= height || !AreAllowed(grid, module)) return compute(grid);
        using var scope = NewDisposeScope();
        var results = new List<Tensor>();
        for (long row = 0; row < height; row += rows) results.Add(compute(grid.narrow(1, row, Math.Min(rows, height - row))));
        return cat(results, 1).MoveToOuterDisposeScope();
    }

    private static bool AreAllowed(Tensor x, nn.Module module) =>
        x.device_type == DeviceType.CPU && !is_grad_enabled() && !module.training && !ForwardHooks.AreIn([.. module.children()]);
}

/// <summary>
/// A linear layer, <c>x · weightᵀ + bias</c>: <c>torch.nn.Linear</c> with the same parameters and the same initial weights. On a CPU, without
/// gradients, it uses <see cref="OneDnn"/>.
/// </summary>
public class LinearLayer : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;

    /// <summary>Builds the layer with freshly initialised weights.</summary>
    /// <param name="inFeatures">Channels of the input, K.</param>
    /// <param name="outFeatures">Channels of the result, N.</param>
    public LinearLayer(long inFeatures, long outFeatures) : base(nameof(LinearLayer))
    {
        weight = nn.Parameter(empty(outFeatures, inFeatures));
        InitialWeights.Fill(weight);
        bias = InitialWeights.Bias(weight, outFeatures);
        RegisterComponents();
    }

    /// <summary>The weights, <c>[N, K]</c>.</summary>
    public Parameter Weight => weight;

    /// <summary>What is added to each result, <c>[N]</c>.</summary>
    public Parameter Bias => bias;

    /// <summary>Maps <c>[…, K]</c> to <c>[…, N]</c>.</summary>
    public override Tensor forward(Tensor x) =>
        OneDnn.IsUsable(x, weight) ? OneDnn.Linear(x, weight, bias) : nn.functional.linear(x, weight, bias);
}

/// <summary>Layer normalisation over the channels of every pixel (sam2/modeling/sam2_utils.py, <c>LayerNorm2d</c>).</summary>
public class LayerNorm2d : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private const long FewChannels = 8;

    private readonly long[] _channels;
    private readonly double _eps;

    /// <summary>Normalises <paramref name="numChannels"/> channels; <paramref name="eps"/> is added to the variance.</summary>
    public LayerNorm2d(long numChannels, double eps = 1e-6) : base(nameof(LayerNorm2d))
    {
        weight = nn.Parameter(ones(numChannels));
        bias = nn.Parameter(zeros(numChannels));
        _channels = [numChannels];
        _eps = eps;
        RegisterComponents();
    }

    /// <summary>Normalises <c>[B, C, H, W]</c>. The result is channels-last in memory, but for maps of few channels that aren't.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        if (x.size(1) <= FewChannels && x.is_contiguous() && x.device_type == DeviceType.CPU && x.dtype == ScalarType.Float32 && !is_grad_enabled())
            return NormalisePlanes(x).MoveToOuterDisposeScope();
        return F.layer_norm(x.permute(0, 2, 3, 1), _channels, weight, bias, _eps).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>libtorch's layer normalisation takes 7 ms for a mask of 512×512 pixels with 4 channels, and this a fifth of that.</summary>
    private Tensor NormalisePlanes(Tensor x)
    {
        var centred = x - x.mean([1], keepdim: true);
        var scale = (centred * centred).mean([1], keepdim: true).Plus(_eps).rsqrt_();
        return centred.mul_(scale).mul_(weight.view(1, -1, 1, 1)).AddInPlace(bias.view(1, -1, 1, 1));
    }
}
