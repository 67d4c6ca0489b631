using Sam2.Torch.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>What a model asks of its prompt encoder; derive from it to replace <see cref="PromptEncoder"/> as a whole.</summary>
/// <param name="name">Name of the module.</param>
public abstract class PromptEncoderBase(string name) : nn.Module<PointTensors?, Tensor?, (Tensor Sparse, Tensor Dense)>(name)
{
    /// <summary>Side of a mask prompt, in pixels; masks of another size are resized before they are embedded.</summary>
    public abstract int MaskInputSize { get; }

    /// <summary>Embeds the points and masks of B prompts.</summary>
    /// <param name="points">Points and boxes; null for none.</param>
    /// <param name="masks">Mask logits, <c>[B, 1, S, S]</c>, where S is <see cref="MaskInputSize"/>; null for none.</param>
    /// <returns>
    /// Sparse embeddings, <c>[B, N, C]</c>, of any number N of tokens; and dense embeddings, <c>[B, C, H, W]</c>, or
    /// <c>[1, C, H, W]</c> when they are the same for all prompts.
    /// </returns>
    public abstract override (Tensor Sparse, Tensor Dense) forward(PointTensors? points, Tensor? masks);

    /// <summary>The position encoding of the image embedding, in the terms of the points', <c>[1, C, H, W]</c>, float32.</summary>
    public abstract Tensor DensePositionEncoding();
}

/// <summary>Embeds points, boxes and masks (paper, section 4; sam2/modeling/sam/prompt_encoder.py).</summary>
public class PromptEncoder : PromptEncoderBase
{
    private readonly PositionEmbeddingRandom pe_layer;
    private readonly ModuleList<Embedding> point_embeddings;
    private readonly Embedding not_a_point_embed;
    private readonly Sequential mask_downscaling;
    private readonly Embedding no_mask_embed;
    private readonly int _imageSize;
    private readonly int _embeddingSize;
    private readonly bool _padBoxes;

    /// <summary>Builds the encoder with freshly initialised weights.</summary>
    /// <param name="embedDim">Channels of the embeddings.</param>
    /// <param name="embeddingSize">Side of the image embedding, in tokens.</param>
    /// <param name="imageSize">Side of the model's input, in pixels.</param>
    /// <param name="maskInChans">Hidden channels of the mask embedding.</param>
    /// <param name="padBoxes">
    /// Whether a prompt with a box gets a padding point, too, as in SAM 2, to which a box is two points. In the first Segment Anything it doesn't.
    /// </param>
    public PromptEncoder(int embedDim, int embeddingSize, int imageSize, int maskInChans, bool padBoxes = true) : base(nameof(PromptEncoder))
    {
        TorchRuntime.EnsureLoaded();
        pe_layer = new PositionEmbeddingRandom(embedDim / 2);
        point_embeddings = new ModuleList<Embedding>([.. Enumerable.Range(0, 4).Select(_ => nn.Embedding(1, embedDim))]);
        not_a_point_embed = nn.Embedding(1, embedDim);
        mask_downscaling = nn.Sequential(
            new Conv2dLayer(1, maskInChans / 4, kernelSize: 2, stride: 2),
            new LayerNorm2d(maskInChans / 4),
            new Gelu(),
            new Conv2dLayer(maskInChans / 4, maskInChans, kernelSize: 2, stride: 2),
            new LayerNorm2d(maskInChans),
            new Gelu(),
            new Conv2dLayer(maskInChans, embedDim, kernelSize: 1));
        no_mask_embed = nn.Embedding(1, embedDim);
        _imageSize = imageSize;
        _embeddingSize = embeddingSize;
        _padBoxes = padBoxes;
        RegisterComponents();
    }

    /// <summary>Side of a mask prompt, in pixels: four times that of the image embedding.</summary>
    public override int MaskInputSize => 4 * _embeddingSize;

    /// <summary>Embeds the points and masks of B prompts.</summary>
    /// <param name="points">Points and boxes; null for none.</param>
    /// <param name="masks"><c>[B, 1, 4H, 4W]</c> logits; null for none.</param>
    /// <returns>
    /// Sparse embeddings <c>[B, N + 1, C]</c> (<c>[B, N, C]</c> where boxes aren't padded and there is one), <c>[B, 0, C]</c> without points,
    /// float32; and dense embeddings, as of <see cref="EmbedMasks"/>.
    /// </returns>
    /// <exception cref="ArgumentException">The shapes do not belong together.</exception>
    public override (Tensor Sparse, Tensor Dense) forward(PointTensors? points, Tensor? masks)
    {
        using var scope = NewDisposeScope();
        var sparse = points is null
            ? empty(masks?.size(0) ?? 1, 0, no_mask_embed.weight!.size(1), device: no_mask_embed.weight.device)
            : EmbedPoints(points.Coordinates, points.Labels, pad: _padBoxes || !points.HasBox);
        return (sparse.MoveToOuterDisposeScope(), EmbedMasks(masks).MoveToOuterDisposeScope());
    }

    /// <summary>The position encoding of the image embedding, <c>[1, C, H, W]</c>, float32.</summary>
    public override Tensor DensePositionEncoding()
    {
        using var scope = NewDisposeScope();
        return pe_layer.call(_embeddingSize, _embeddingSize).unsqueeze(0).MoveToOuterDisposeScope();
    }

    /// <summary>Embeds points. A box is the two points of its corners, with labels 2 (top left) and 3 (bottom right).</summary>
    /// <param name="coordinates"><c>[B, N, 2]</c>, (x, y) in pixels of the model's input.</param>
    /// <param name="labels"><c>[B, N]</c>: 1 foreground, 0 background, 2 and 3 corners of a box, −1 padding.</param>
    /// <param name="pad">Whether to append a padding point, as the original does for points that come without a separate box.</param>
    /// <returns><c>[B, N (+ 1), C]</c>, float32.</returns>
    /// <exception cref="ArgumentException">The shapes do not belong together.</exception>
    public virtual Tensor EmbedPoints(Tensor coordinates, Tensor labels, bool pad = true)
    {
        // A single label would otherwise be broadcast to all points without a word.
        if (coordinates.dim() != 3 || coordinates.size(2) != 2 || !labels.shape.AsSpan().SequenceEqual(coordinates.shape.AsSpan(0, 2)))
            throw new ArgumentException(
                $"Points have shape [{string.Join(", ", coordinates.shape)}] and labels [{string.Join(", ", labels.shape)}]; give [B, N, 2] and [B, N].", nameof(labels));
        using var scope = NewDisposeScope();
        coordinates = coordinates.to(float32).Plus(0.5); // the centre of the pixel
        labels = labels.to(int32).unsqueeze(2);
        if (pad)
        {
            var batch = coordinates.size(0);
            coordinates = cat([coordinates, zeros(batch, 1, 2, device: coordinates.device)], dim: 1);
            labels = cat([labels, full(batch, 1, 1, Scalars.Of(-1), dtype: int32, device: labels.device)], dim: 1);
        }
        var embedding = pe_layer.Points(coordinates, _imageSize, _imageSize);
        embedding = where(labels.eq(Scalars.Of(-1)), not_a_point_embed.weight!.to(float32), embedding);
        for (var label = 0; label < point_embeddings.Count; label++)
            embedding = where(labels.eq(Scalars.Of(label)), embedding.Plus(point_embeddings[label].weight!.to(float32)), embedding);
        return embedding.MoveToOuterDisposeScope();
    }

    /// <summary>Embeds mask logits.</summary>
    /// <param name="masks"><c>[B, 1, 4H, 4W]</c> logits, or null for no mask.</param>
    /// <returns><c>[B, C, H, W]</c>; <c>[1, C, H, W]</c> without a mask, the same at every position.</returns>
    public virtual Tensor EmbedMasks(Tensor? masks)
    {
        using var scope = NewDisposeScope();
        if (masks is not null) return mask_downscaling.call(masks.to(no_mask_embed.weight!.dtype)).MoveToOuterDisposeScope();
        return no_mask_embed.weight!.view(1, -1, 1, 1)
            .expand(1, -1, _embeddingSize, _embeddingSize).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Position encoding by random spatial frequencies, of points and of a grid
/// (sam2/modeling/position_encoding.py, <c>PositionEmbeddingRandom</c>).
/// </summary>
public class PositionEmbeddingRandom : nn.Module<long, long, Tensor>
{
    private readonly Tensor positional_encoding_gaussian_matrix;

    /// <summary>Draws <paramref name="numPosFeats"/> frequencies; the encoding has twice as many channels.</summary>
    public PositionEmbeddingRandom(long numPosFeats) : base(nameof(PositionEmbeddingRandom))
    {
        positional_encoding_gaussian_matrix = randn(2, numPosFeats);
        register_buffer(nameof(positional_encoding_gaussian_matrix), positional_encoding_gaussian_matrix);
    }

    /// <summary>The encoding of the centres of a grid's cells, <c>[C, H, W]</c>.</summary>
    public override Tensor forward(long height, long width)
    {
        using var scope = NewDisposeScope();
        var device = Frequencies.device;
        var y = TensorArithmetic.Range(0, height, float32, device).Plus(0.5).DividedBy(height);
        var x = TensorArithmetic.Range(0, width, float32, device).Plus(0.5).DividedBy(width);
        var coordinates = stack(
            [x.unsqueeze(0).expand(height, width), y.unsqueeze(1).expand(height, width)], dim: 2);
        return Encode(coordinates).permute(2, 0, 1).MoveToOuterDisposeScope();
    }

    /// <summary>The encoding of points.</summary>
    /// <param name="coordinates"><c>[…, 2]</c>, (x, y) in pixels.</param>
    /// <param name="height">Height of the image, in pixels.</param>
    /// <param name="width">Width of the image, in pixels.</param>
    /// <returns><c>[…, C]</c>.</returns>
    public Tensor Points(Tensor coordinates, long height, long width)
    {
        using var scope = NewDisposeScope();
        var size = tensor(new float[] { width, height }, device: coordinates.device);
        return Encode(coordinates.to(float32) / size).MoveToOuterDisposeScope();
    }

    private Tensor Frequencies => get_buffer(nameof(positional_encoding_gaussian_matrix))!;

    /// <summary>Encodes <c>[…, 2]</c> coordinates in [0, 1]; in float32 whatever the weights' type, as the angles are large.</summary>
    private Tensor Encode(Tensor coordinates)
    {
        using var scope = NewDisposeScope();
        var angle = coordinates.Times(2).Minus(1).matmul(Frequencies.to(float32)).Times(2 * Math.PI);
        return cat([angle.sin(), angle.cos()], dim: -1).MoveToOuterDisposeScope();
    }
}

/// <summary>Points of B prompts. A box is two points, its corners, before all others.</summary>
/// <param name="Coordinates"><c>[B, N, 2]</c>, (x, y) in pixels of the model's input, float32.</param>
/// <param name="Labels"><c>[B, N]</c>, int32: 1 foreground, 0 background, 2 and 3 corners of a box, −1 padding.</param>
public sealed record PointTensors(Tensor Coordinates, Tensor Labels)
{
    /// <summary>Whether the first two points of every prompt are the corners of a box. Only the first Segment Anything asks.</summary>
    public bool HasBox { get; init; }
}
